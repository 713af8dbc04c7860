# AgentFlow - make, make check, make demo, make install PREFIX=... DESTDIR=...
# CC CFLAGS LDFLAGS PREFIX DESTDIR are yours; config.mk, if you write one, overrides anything here.

VERSION   = 0.1.0
PREFIX   ?= /usr/local
BUILD    ?= build
CC       ?= cc
CFLAGS   ?= -O2 -g
INSTALL  ?= install
PKGCONFIG ?= pkg-config
-include config.mk

BINDIR   = $(PREFIX)/bin
MANDIR   = $(PREFIX)/share/man
SHAREDIR = $(PREFIX)/share/agentflow

# --- what is built -----------------------------------------------------------------------------

PROGRAMS := $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
BIN      := $(PROGRAMS:%=$(BUILD)/bin/%)
LIB      := $(BUILD)/libagentflow.a
LIB_OBJ  := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard lib/*/*.c))
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
RECORDED := $(patsubst tests/recorded/%.c,$(BUILD)/tests/%,$(wildcard tests/recorded/test_*.c))
FUZZ     := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAY   := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/replay_%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH    := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
FAULT    := $(patsubst tests/fault/%.c,$(BUILD)/fault/%.so,$(wildcard tests/fault/*.c))
HAMMER   := $(BUILD)/tests/hammer
HAMMER_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/hammer/*.c))
ROWS     := $(patsubst tests/consistency/%.c,$(BUILD)/tests/%,$(wildcard tests/consistency/*.c))
SIM      := $(BUILD)/tests/sim
SUPPORT  := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/support/*.c))
TOP      := $(BUILD)/obj/tests/support/top.o
RECORDED_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/recorded/test_%,$(wildcard tests/recorded/*.c)))

# --- how ---------------------------------------------------------------------------------------

WARN  = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
        -Wvla -Wwrite-strings -Wformat=2 -Wundef -Wpointer-arith $(if $(DEV),-Werror)
HARD  = -fstack-protector-strong -fPIE $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
DEFS  = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 \
        -DAGENTFLOW_VERSION='"$(VERSION)"' -DAGENTFLOW_SHAREDIR='"$(SHAREDIR)"' $(HAVE)
INC   = -Ilib -Itests -include lib/base/banned.h
SAN   = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
COMPILE = $(CC) $(DEFS) $(INC) $(WARN) $(HARD) $(SAN) $(CFLAGS) $(CPPFLAGS) -MMD -MP
LINK  = $(CC) $(SAN) $(CFLAGS) -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)

# A program links what it uses and no more: --as-needed drops the rest (readelf -d shows). libjq is loaded by the run that needs it
# (lib/json/jqlib.c).
pkg       = $(shell $(PKGCONFIG) --libs $(1) 2>/dev/null || echo $(2))
CURL_LIBS ?= $(call pkg,libcurl,-lcurl)
UV_LIBS   ?= $(call pkg,libuv,-luv)
YAML_LIBS ?= $(call pkg,yaml-0.1,-lyaml)
DL_LIBS   ?= -ldl
CRYPTO_LIBS ?= $(call pkg,libcrypto,-lcrypto)
SSL_LIBS ?= $(call pkg,libssl,-lssl)
# Without libmicrohttpd llm-mock still builds, and says what it lacks when it is started.
MHD_LIBS  ?= $(shell $(PKGCONFIG) --libs libmicrohttpd 2>/dev/null)
SQLITE_LIBS ?= $(call pkg,sqlite3,-lsqlite3)
# Without hiredis the shared state can lie in SQLite only.
REDIS_LIBS ?= $(shell $(PKGCONFIG) --libs hiredis 2>/dev/null)
HAVE       = $(if $(MHD_LIBS),-DHAVE_MICROHTTPD=1) $(if $(REDIS_LIBS),-DHAVE_HIREDIS=1)
CMOCKA_LIBS ?= $(call pkg,cmocka,-lcmocka)
LIBS = $(CURL_LIBS) $(UV_LIBS) $(YAML_LIBS) $(DL_LIBS) $(MHD_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) $(SQLITE_LIBS) $(REDIS_LIBS) -lm -lpthread

# --- rules -------------------------------------------------------------------------------------

# make V=1 shows the commands whole.
Q_CC = $(if $(V),,@echo "  cc    $<";)
Q_LD = $(if $(V),,@echo "  link  $@";)
Q_AR = $(if $(V),,@echo "  ar    $@";)

.PHONY: all deps check check-clis demo install uninstall lint lint-objects sizes asan valgrind bench sim fuzz dist clean completions help
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PRECIOUS: $(BUILD)/obj/%.o

all: $(LIB) $(BIN) ## build the programs into build/bin

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q_CC)$(COMPILE) -c -o $@ $<

# To look for a program on our PATH and give it another environment takes what POSIX lacks.
# So does a directory held without being read.
$(BUILD)/obj/lib/sys/proc.o: DEFS += -D_GNU_SOURCE
$(BUILD)/obj/lib/sys/tree.o: DEFS += -D_GNU_SOURCE

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(Q_AR)$(AR) rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/obj/cmd/%.o $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/test_%: $(BUILD)/obj/tests/unit/test_%.o $(SUPPORT) $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS) $(CMOCKA_LIBS)

$(BUILD)/tests/test_%: $(BUILD)/obj/tests/recorded/test_%.o $(RECORDED_OBJ) $(TOP) $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS) $(CMOCKA_LIBS)

$(BUILD)/tests/replay_%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS)

$(ROWS): $(BUILD)/tests/%: $(BUILD)/obj/tests/consistency/%.o $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS)

$(HAMMER): $(HAMMER_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS)

$(SIM): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/sim/*.c)) $(BUILD)/obj/tests/support/fleet.o $(TOP) $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(Q_LD)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/fault/%.so: tests/fault/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -O2 -shared -fPIC -o $@ $< -ldl

deps: ## install every build, test and lint dependency from the system's packages
	sh contrib/deps.sh

TESTS = $(UNIT) $(RECORDED) $(REPLAY)
# Both cores, also where make itself was not told -j; deps must be over by then, so they are not prerequisites.
PAR = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))
check: ## build and run the whole test suite
	@$(MAKE) $(PAR) --no-print-directory all $(TESTS) $(FAULT) $(ROWS) $(HAMMER) $(SIM)
	BUILD=$(BUILD) sh tests/run $(TESTS)

asan: ## the suite under AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) BUILD=$(BUILD)/asan SANITIZE=address,undefined CFLAGS="-O1 -g" check

check-clis: all ## the real command line programs, from their registry, against llm-mock
	BUILD=$(BUILD) sh tests/clis/run

valgrind: all $(UNIT) $(ROWS) ## the unit tests and the programs' cases under valgrind
	BUILD=$(BUILD) VALGRIND=1 sh tests/run $(UNIT)

demo: all ## the main job, end to end, without network or key
	BUILD=$(BUILD) sh examples/customer-support/demo.sh

bench: all $(BENCH) ## our figures beside the peers', as ratios in one run
	BUILD=$(BUILD) sh tests/bench/run

sim: $(SIM) ## a policy in providers' weather, against none, retries alone, and who knows the future
	top=$(CURDIR) $(SIM) $(SIM_FLAGS)

fuzz: ## run each fuzz target for FUZZ_SECONDS (default 30); needs clang
	BUILD=$(BUILD) sh tests/fuzz/run

lint: ## warnings as errors, cppcheck, clang-format, mandoc, shellcheck, floors, symbols, headers
	BUILD=$(BUILD) MAKE="$(MAKE)" CC="$(CC)" sh tests/lint/run

lint-objects: $(LIB_OBJ) $(PROGRAMS:%=$(BUILD)/obj/cmd/%.o) $(SUPPORT) \
    $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/unit/*.c tests/recorded/*.c tests/bench/*.c tests/consistency/*.c tests/hammer/*.c))

sizes: ## the longest files and functions
	sh tests/lint/sizes

completions: all ## shell completions from the option tables
	@mkdir -p $(BUILD)/completions
	@for p in $(PROGRAMS); do for s in bash zsh fish; do \
		$(BUILD)/bin/$$p --completion $$s > $(BUILD)/completions/$$p.$$s || exit 1; done; done

install: all completions ## into DESTDIR/PREFIX
	BUILD=$(BUILD) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) INSTALL="$(INSTALL)" sh contrib/install.sh $(PROGRAMS)

uninstall: ## remove what install put there
	DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) sh contrib/install.sh --uninstall $(PROGRAMS)

dist: ## a source archive of HEAD
	@mkdir -p $(BUILD)
	git archive --prefix=agentflow-$(VERSION)/ -o $(BUILD)/agentflow-$(VERSION).tar.gz HEAD
	@echo $(BUILD)/agentflow-$(VERSION).tar.gz

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
