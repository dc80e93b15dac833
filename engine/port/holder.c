// A tap's holder has a descriptor whose fdinfo names the interface.
#include "engine/port/holder.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/str.h"

// Whether the file has this line, or where line is NULL its first one in out.
static bool file_line(const char *path, const char *line, char *out, size_t size)
{
	char text[256];
	bool found = false;
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	while (!found && fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = '\0';
		found = !line || !strcmp(text, line);
	}
	fclose(f);
	if (found && out)
		str_copy(out, size, text);
	return found;
}

// Interfaces of one name may be in many network namespaces.
static bool same_network(const char *pid)
{
	char path[64];
	struct stat ours, theirs;

	str_format(path, sizeof(path), "/proc/%s/ns/net", pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &theirs) == 0 &&
		ours.st_ino == theirs.st_ino;
}

static bool process_holds(const char *pid, const char *line)
{
	char path[320];
	struct dirent *e;
	bool holds = false;

	str_format(path, sizeof(path), "/proc/%s/fdinfo", pid);
	DIR *d = opendir(path);
	if (!d)
		return false;
	while (!holds && (e = readdir(d))) {
		str_format(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, e->d_name);
		holds = e->d_name[0] != '.' && file_line(path, line, NULL, 0);
	}
	closedir(d);
	return holds;
}

bool port_tap_holder(const char *interface, char out[PORT_HOLDER_MAX])
{
	char line[64], path[300], name[32] = "a program";
	struct dirent *e;
	bool found = false;
	DIR *d = opendir("/proc");

	if (!d)
		return false;
	str_format(line, sizeof(line), "iff:\t%s", interface);
	while (!found && (e = readdir(d))) {
		if (e->d_name[0] < '0' || e->d_name[0] > '9' || !same_network(e->d_name) ||
			!process_holds(e->d_name, line))
			continue;
		str_format(path, sizeof(path), "/proc/%s/comm", e->d_name);
		file_line(path, NULL, name, sizeof(name));
		str_format(out, PORT_HOLDER_MAX, "%s (pid %s)", name, e->d_name);
		found = true;
	}
	closedir(d);
	return found;
}
