/*
 * Small pieces come from pages and are never freed one by one, which is faster than malloc for a
 * tree that dies at once. Large ones are the growing strings: malloc can resize them in place.
 */
#include "parsers/markdown_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 256 * 1024, SMALL = 2048, ALIGN = 16 };

struct page {
	struct page *next;
	_Alignas(ALIGN) char data[PAGE - ALIGN];
};

/* Stands before every piece; for a small one only size counts. */
struct piece {
	struct piece *next, *before;
	size_t size;
	size_t unused; /* keeps what follows aligned */
};

static _Thread_local struct {
	struct page *pages, *page; /* all of them, and the one in use */
	size_t used; /* of the page in use */
	struct piece large; /* head of a ring */
	size_t total, max;
	jmp_buf *escape;
} memory;

static void charge(size_t size)
{
	if (size > memory.max - memory.total)
		longjmp(*memory.escape, 1);
	memory.total += size;
}

static void *must(void *got)
{
	if (!got)
		longjmp(*memory.escape, 1);
	return got;
}

static struct piece *piece_of(void *at)
{
	return (struct piece *)at - 1;
}

static void next_page(void)
{
	struct page *page = memory.page ? memory.page->next : memory.pages;

	if (!page) {
		charge(sizeof(*page));
		page = must(malloc(sizeof(*page)));
		page->next = NULL;
		if (memory.page)
			memory.page->next = page;
		else
			memory.pages = page;
	}
	memory.page = page;
	memory.used = 0;
}

static void *take_small(size_t size)
{
	size_t whole = (sizeof(struct piece) + size + ALIGN - 1) / ALIGN * ALIGN;

	if (!memory.page || sizeof(memory.page->data) - memory.used < whole)
		next_page();
	struct piece *piece = (struct piece *)(memory.page->data + memory.used);
	memory.used += whole;
	piece->size = size;
	memset(piece + 1, 0, size);
	return piece + 1;
}

static void link_large(struct piece *piece)
{
	piece->before = &memory.large;
	piece->next = memory.large.next;
	piece->next->before = piece;
	memory.large.next = piece;
}

static void unlink_large(struct piece *piece)
{
	piece->before->next = piece->next;
	piece->next->before = piece->before;
}

void markdown_memory_begin(size_t max, jmp_buf *escape)
{
	memset(&memory, 0, sizeof(memory));
	memory.large.next = memory.large.before = &memory.large;
	memory.max = max;
	memory.escape = escape;
}

void markdown_memory_reset(void)
{
	struct piece *next;

	for (struct piece *it = memory.large.next; it != &memory.large; it = next) {
		next = it->next;
		memory.total -= it->size;
		free(it);
	}
	memory.large.next = memory.large.before = &memory.large;
	memory.page = memory.pages;
	memory.used = 0;
}

void markdown_memory_end(void)
{
	markdown_memory_reset();
	while (memory.pages) {
		struct page *next = memory.pages->next;
		free(memory.pages);
		memory.pages = next;
	}
	memory.page = NULL;
}

void *markdown_calloc(size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size)
		longjmp(*memory.escape, 1);
	size_t bytes = count * size;
	if (bytes <= SMALL)
		return take_small(bytes);
	charge(bytes);
	struct piece *piece = must(calloc(1, sizeof(*piece) + bytes));
	piece->size = bytes;
	link_large(piece);
	return piece + 1;
}

void *markdown_realloc(void *old, size_t size)
{
	if (!old)
		return markdown_calloc(1, size);
	struct piece *piece = piece_of(old);
	if (piece->size <= SMALL) {
		void *new = markdown_calloc(1, size);
		memcpy(new, old, piece->size < size ? piece->size : size);
		return new;
	}
	size_t before = piece->size;
	if (size > before)
		charge(size - before);
	else
		size = before; /* stays large: the size says which kind it is */
	unlink_large(piece);
	piece = must(realloc(piece, sizeof(*piece) + size));
	piece->size = size;
	link_large(piece);
	return piece + 1;
}

void markdown_free(void *at)
{
	if (!at || piece_of(at)->size <= SMALL)
		return;
	memory.total -= piece_of(at)->size;
	unlink_large(piece_of(at));
	free(piece_of(at));
}
