// Passwords that are guessed first: said, not refused. None is ever printed.
#include <string.h>
#include <strings.h>

#include "control/config/checks/checks.h"

#define PASSWORD_LEAST 8 // bytes

// Tried first by whoever tries, and of eight letters or more: shorter ones are told as such.
static const char *const common[] = {"0987654321", "11111111", "12341234", "12345678", "123456789",
	"1234567890", "1q2w3e4r", "87654321", "abc12345", "admin123", "administrator", "asterisk",
	"change-me", "changeit", "changeme", "freeswitch", "iloveyou", "passw0rd", "password",
	"password1", "password123", "qwerty123", "qwertyui", "qwertyuiop", "ringhall", "secret12",
	"secret123", "sunshine", "test1234", "testtest", "topsecret"};

// "aaaaaaaa", "23456789", "hgfedcba".
static bool is_row(const char *password)
{
	int step = password[1] - password[0];
	if (step < -1 || step > 1)
		return false;
	for (const char *c = password + 1; *c != '\0'; c++)
		if (c[0] - c[-1] != step)
			return false;
	return true;
}

static bool is_common(const char *password)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strcasecmp(password, common[i]) == 0)
			return true;
	return is_row(password);
}

static void check_password(struct config_read *r, const struct config_agent *a)
{
	size_t len = strlen(a->password);
	if (len == 0)
		return; // missing, and told so
	if (strcasecmp(a->password, a->name) == 0 || strcasecmp(a->password, a->display) == 0)
		config_read_warn(r, &a->password, NULL,
			"expected a password that nobody guesses, got the agent's name");
	else if (len < PASSWORD_LEAST)
		config_read_warn(r, &a->password, NULL,
			"expected a password of at least %u bytes, got %zu", PASSWORD_LEAST, len);
	else if (is_common(a->password))
		config_read_warn(r, &a->password, NULL,
			"expected a password that nobody guesses, got one that is tried first");
}

void config_check_passwords(struct config_read *r)
{
	for (unsigned i = 0; i < r->config->agent_count; i++)
		check_password(r, &r->config->agents[i]);
}
