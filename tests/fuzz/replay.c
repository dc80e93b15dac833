// Runs a fuzz target over its corpus, without libFuzzer: replay FOLDER.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *f = fopen(path, "rbe");
	if (f == NULL)
		return 0;
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	rewind(f);
	// Exactly as long as the input, so that a sanitizer sees the first byte too many.
	uint8_t *data = size >= 0 ? malloc((size_t)size) : NULL;
	if (data != NULL && fread(data, 1, (size_t)size, f) == (size_t)size)
		LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	fclose(f);
	return 1;
}

int main(int argc, char **argv)
{
	DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
	int inputs = 0;
	if (folder == NULL) {
		fprintf(stderr, "usage: replay FOLDER\n");
		return 2;
	}
	for (struct dirent *e; (e = readdir(folder)) != NULL;) {
		char path[1024];
		if (e->d_name[0] == '.' ||
			str_format(path, sizeof(path), "%s/%s", argv[1], e->d_name))
			continue;
		inputs += replay(path);
	}
	closedir(folder);
	printf("%d inputs\n", inputs);
	return inputs > 0 ? 0 : 1;
}
