/* What an attacker does inside a sandbox: each prints one word, "worked" or the name of the error. */
#ifndef TESTS_ATTACKER_H
#define TESTS_ATTACKER_H

/* Makes the system call of that name in attacker.c. */
int attacker_call(const char *name);

/* Connects to "HOST:PORT", or to the abstract local socket of that name. */
int attacker_connect(const char *where);

#endif
