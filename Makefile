# Assay: `make help` lists what can be made.

PREFIX ?= /usr/local
BUILD ?= build
CC ?= cc
OPT ?= -O2 -g
SAN ?=
VERSION := 0.1.0

# ---- what it is built from ----

LIBRARIES := libuv libpcre2-8 libcjson sqlite3 libseccomp libcmark expat libmicrohttpd libcurl
# Loaded when they are first needed: engine/base/library.h
LOADED := libmicrohttpd libcurl
DEBIAN_BUILD := gcc make pkg-config git perl libuv1-dev libpcre2-dev libcjson-dev libsqlite3-dev \
	libseccomp-dev libcmark-dev libexpat1-dev libmd-dev libcmocka-dev libmicrohttpd-dev \
	libcurl4-openssl-dev \
	python3:python3,python3-pip,python3-venv
DEBIAN_TEST := cmark curl patch clang libclang-rt-14-dev node:nodejs,npm go:golang-go
DEBIAN_CHECK := clang clang-tidy clang-format cppcheck
DEBIAN_BENCH := bubblewrap crun cmark
DEBIAN_VM := qemu-system-x86 busybox-static cpio kmod e2fsprogs

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wpointer-arith -Wundef -Wwrite-strings -Wold-style-definition -Wvla
CPPFLAGS := -D_GNU_SOURCE -DASSAY_VERSION='"$(VERSION)"' -I. \
	$(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null) $(CPPFLAGS)
CFLAGS := -std=gnu17 $(OPT) $(WARN) $(SAN) -fPIE -fstack-protector-strong $(CFLAGS)
LDFLAGS := $(SAN) -pie -Wl,-z,relro,-z,now $(LDFLAGS)
LDLIBS := $(shell pkg-config --libs $(filter-out $(LOADED),$(LIBRARIES)) 2>/dev/null) -lmd -lm

# Every .c of these folders belongs to the engine; sorted, because registries keep link order.
SOURCES := $(sort $(wildcard engine/*.c engine/*/*.c engine/*/*/*.c parsers/*.c validators/*.c \
	runners/*.c runners/*/*.c runners/*/*/*.c))
MAIN := engine/commands/main.c
LIBRARY := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MAIN),$(SOURCES)))
RESOURCES := $(sort $(wildcard validators/rules/*.json engine/api/schemas/*.json) $(shell find templates -type f))

CODE := $(shell find engine parsers runners tests validators -name '*.[ch]')

TEST_SOURCES := $(sort $(wildcard tests/test_*.c))
TEST_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/*.c tests/bench/*.c tests/fuzz/*.c))
TEST_HELPERS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(TEST_SOURCES),$(wildcard tests/*.c)))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(TEST_SOURCES))
FUZZERS := $(patsubst tests/fuzz/%.c,build-fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCHES := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bench/bench_*.c)))

# ---- what people type ----

all: $(BUILD)/assay ## build the binary (default)

demo: setup ## set up, build, and watch a reply fail, roll back, and pass at the second attempt
	@$(MAKE) -s all
	@sh examples/demo.sh $(BUILD)/assay

test: setup-test ## set up and run every test
	@$(MAKE) -s test-all

setup: ## install the Debian packages that are missing (asks for root only then)
	@sh tests/setup.sh $(DEBIAN_BUILD)

setup-test:
	@sh tests/setup.sh $(DEBIAN_BUILD) $(DEBIAN_TEST)
	@sh tests/promtool.sh $(BUILD)

install: all ## copy the binary to /usr/local/bin (PREFIX=/usr/local)
	install -D -m 755 $(BUILD)/assay $(DESTDIR)$(PREFIX)/bin/assay

clean: ## remove what was built
	rm -rf build build-*

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

# ---- building ----

$(BUILD)/assay: $(BUILD)/$(MAIN:.c=.o) $(LIBRARY) $(BUILD)/resources.o
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/engine/commands/cmd_version.o: CPPFLAGS += \
	-DASSAY_COMMIT='"$(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)"'

# libFuzzer calls a function that no header declares.
$(BUILD)/tests/fuzz/%.o: CFLAGS += -Wno-missing-prototypes

# Templates and rules travel inside the binary: one assembler line for each file.
$(BUILD)/resources.S: $(RESOURCES) engine/base/embed.sh
	@mkdir -p $(@D)
	sh engine/base/embed.sh $(RESOURCES) > $@

$(BUILD)/resources.o: $(BUILD)/resources.S
	$(CC) -I. -c -o $@ $<

# ---- testing ----

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(TEST_HELPERS) $(LIBRARY) $(BUILD)/resources.o
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/tests/bench/bench_%: $(BUILD)/tests/bench/bench_%.o $(LIBRARY) $(BUILD)/resources.o
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

unit-tests: $(UNIT_TESTS)

# Everything, in one prove: the unit tests plain and under the sanitizers, the fuzzers for a moment,
# then the real binary.
test-all: all unit-tests
	@$(MAKE) -s BUILD=build-asan OPT="-O1 -g" SAN="$(SANITIZE)" all unit-tests
	@$(MAKE) -s $(FUZZERS)
	ASSAY=$(BUILD)/assay ASSAY_ASAN=build-asan/assay CMOCKA_MESSAGE_OUTPUT=TAP \
		prove --exec 'sh tests/exec.sh' $(UNIT_TESTS) \
		$(UNIT_TESTS:$(BUILD)/%=build-asan/%) tests/layering.t \
		tests/fuzz/smoke.t $(sort $(wildcard tests/e2e/*.t))

test-unit: unit-tests ## run the unit tests only
	CMOCKA_MESSAGE_OUTPUT=TAP prove --exec 'sh tests/exec.sh' $(UNIT_TESTS)

test-vm: setup-test ## test the sandbox on Debian's own kernel and cgroup v2, in a virtual machine (half an hour)
	@sh tests/setup.sh $(DEBIAN_VM)
	@$(MAKE) -s all unit-tests
	@sh tests/vm/run.sh $(BUILD)

bench: setup ## ratios against named peers and the plain command, in one run
	@sh tests/setup.sh $(DEBIAN_BENCH)
	@$(MAKE) -s all $(BENCHES)
	@sh tests/bench/run.sh $(BUILD)

bench-service: setup all ## the service under load: overhead, crowds, idle connections, growth
	@scratch=$$(mktemp -d) && python3 tests/bench/service.py $(BUILD)/assay $$scratch; \
		status=$$?; rm -rf $$scratch; exit $$status

build-fuzz/%: tests/fuzz/%.c
	@$(MAKE) -s CC=clang BUILD=build-fuzz OPT="-O1 -g" \
		SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined" \
		build-fuzz/fuzz-objects
	clang $(CPPFLAGS) -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -o $@ $< \
		$(patsubst $(BUILD)/%,build-fuzz/%,$(LIBRARY) $(BUILD)/resources.o) $(LDLIBS)

$(BUILD)/fuzz-objects: $(LIBRARY) $(BUILD)/resources.o
	@touch $@

# A file is looked at again only after it, or a header that it includes, has changed. Each part tells what
# it finds; none hides what the next would say.
check: ## warnings as errors by gcc and clang, clang-tidy, cppcheck, format, layering
	@sh tests/setup.sh $(DEBIAN_BUILD) $(DEBIAN_CHECK)
	@$(MAKE) -s -k -O -j$$(nproc) BUILD=build-clang CC=clang check-all

check-all: check-format check-layering check-gcc check-clang check-tidy check-cppcheck

# model.h is laid out by hand, as a page to be read.
check-format:
	@clang-format --dry-run -Werror $(filter-out engine/model.h,$(CODE))

check-layering:
	prove -Q --exec sh tests/layering.t

check-gcc:
	@$(MAKE) -s BUILD=build-gcc CC=gcc build-gcc/assay $(TEST_OBJECTS:$(BUILD)/%=build-gcc/%)

check-clang: $(BUILD)/assay $(TEST_OBJECTS)

check-tidy: $(SOURCES:%.c=$(BUILD)/%.tidy) $(TEST_OBJECTS:.o=.tidy)

$(BUILD)/%.tidy: $(BUILD)/%.o .clang-tidy tests/.clang-tidy
	clang-tidy --quiet --warnings-as-errors='*' $*.c -- -std=gnu17 $(CPPFLAGS) 2>/dev/null
	@touch $@

check-cppcheck:
	@mkdir -p $(BUILD)/cppcheck
	cppcheck --quiet --std=c17 --enable=warning,performance,portability --inline-suppr \
		--suppressions-list=tests/cppcheck.txt --error-exitcode=1 -I. \
		--cppcheck-build-dir=$(BUILD)/cppcheck $(SOURCES)

fuzz: $(FUZZERS) ## fuzz each target for FUZZ_SECONDS (60)
	@sh tests/fuzz/run.sh $(or $(FUZZ_SECONDS),60) $(FUZZERS)

.PHONY: all demo test test-all check check-all check-format check-layering check-gcc check-clang \
	check-tidy check-cppcheck setup setup-test test-unit test-vm unit-tests bench \
	bench-service fuzz install clean help
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
