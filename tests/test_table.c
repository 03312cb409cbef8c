/* The hash table and the random names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/identifier.h"
#include "engine/base/table.h"

enum { MANY = 1000 };

struct thing {
	struct table_entry entry;
	char key[IDENTIFIER_TEXT];
	bool seen;
};

static struct thing things[MANY];

static void see_and_remove(void *ctx, void *owner)
{
	struct thing *thing = owner;

	assert_false(thing->seen);
	thing->seen = true;
	table_remove(ctx, &thing->entry);
}

static void what_is_added_is_found(void **state)
{
	struct table table;

	(void)state;
	table_init(&table);
	for (size_t i = 0; i < MANY; i++) {
		identifier_make(things[i].key, "t-");
		assert_null(table_find(&table, things[i].key)); /* no name comes twice */
		table_add(&table, &things[i].entry, things[i].key, &things[i]);
	}
	for (size_t i = 0; i < MANY; i += 2)
		table_remove(&table, &things[i].entry);
	table_remove(&table, &things[0].entry); /* is not there any more */
	assert_int_equal(table.count, MANY / 2);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(table_find(&table, things[i].key), i % 2 ? &things[i] : NULL);
	table_each(&table, see_and_remove, &table);
	assert_int_equal(table.count, 0);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(things[i].seen, i % 2);
	table_done(&table);
}

static void names_have_their_prefix(void **state)
{
	char name[IDENTIFIER_TEXT];

	(void)state;
	identifier_make(name, "sb-");
	assert_int_equal(strlen(name), 3 + 24);
	assert_int_equal(strspn(name + 3, "0123456789abcdef"), 24);
	assert_memory_equal(name, "sb-", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_found),
		cmocka_unit_test(names_have_their_prefix),
	};
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
