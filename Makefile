# Assay: `make help` lists what can be made.

PREFIX ?= /usr/local
BUILD ?= build
CC ?= cc
OPT ?= -O2 -g
SAN ?=
PYTHON ?= python3

PACKAGES := libuv libpcre2-8 libcjson sqlite3 libseccomp libcmark expat
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wpointer-arith -Wundef -Wwrite-strings -Wold-style-definition -Wvla
CPPFLAGS += -D_GNU_SOURCE -I. $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
CFLAGS += -std=gnu17 $(OPT) $(WARN) $(SAN) -fPIE -fno-strict-aliasing -fstack-protector-strong
LDFLAGS += $(SAN) -pie -Wl,-z,relro,-z,now
LDLIBS += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lmd -lm

# Every .c of these folders belongs to the engine; sorted, because registries keep link order.
SOURCES := $(sort $(wildcard engine/*.c engine/*/*.c parsers/*.c parsers/*/*.c validators/*.c \
	runners/*.c runners/*/*.c))
MAIN := engine/commands/main.c
LIBRARY := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MAIN),$(SOURCES)))
RESOURCES := $(sort $(wildcard validators/rules/*.json) $(shell find templates -type f 2>/dev/null))

UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/test_*.c)))

all: $(BUILD)/assay ## build the binary (default)

$(BUILD)/assay: $(BUILD)/$(MAIN:.c=.o) $(LIBRARY) $(BUILD)/resources.o
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Templates and rules travel inside the binary: one assembler line for each file.
$(BUILD)/resources.S: $(RESOURCES) engine/base/embed.sh
	@mkdir -p $(@D)
	sh engine/base/embed.sh $(RESOURCES) > $@

$(BUILD)/resources.o: $(BUILD)/resources.S
	$(CC) -I. -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBRARY) $(BUILD)/resources.o
	$(CC) $(LDFLAGS) -Wl,--unresolved-symbols=ignore-all -o $@ $^ $(LDLIBS) -lcmocka

test-unit: $(UNIT_TESTS) ## run the unit tests only
	CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(UNIT_TESTS)

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

.PHONY: all test-unit clean help
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
