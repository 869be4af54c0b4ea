// A filter: what a program says out loud, one line each, as `runner-std watch` would be told it.
//
//     printf 'make: \033]133;D;2\007done\007' | signals
//     command_finished 2
//     bell
//
// With a number as argument it reads so many bytes at a time; the lines are the same.
#include <stdio.h>
#include <stdlib.h>

#include "stillwire.h"

#ifdef __cplusplus
#define ALIGNED alignas(SW_SCANNER_ALIGN)
#else
#define ALIGNED _Alignas(SW_SCANNER_ALIGN)
#endif

static ALIGNED unsigned char storage[SW_SCANNER_SIZE];

static const char *const NAMES[] = {
    "none",           "bell",         "prompt_start",       "command_start",       "command_executed", "command_finished",
    "progress_clear", "progress",     "progress_error",     "progress_indeterminate", "progress_paused",
    "notification",   "title",        "alternate_screen",   "synchronized_update", "query",
};

static void tell(const sw_token *token) {
    if (token->signal.kind == SW_SIGNAL_NONE) {
        return;
    }
    printf("%s", NAMES[token->signal.kind]);
    if (token->signal.value != SW_SIGNAL_UNKNOWN && token->signal.value != 0) {
        printf(" %d", (int)token->signal.value);
    }
    putchar('\n');
}

int main(int argc, char **argv) {
    unsigned char input[4096];
    size_t chunk = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : sizeof input;
    sw_scanner *scanner;
    if (chunk == 0 || chunk > sizeof input || sw_abi_version() != SW_ABI_VERSION ||
        sw_scanner_init(storage, sizeof storage, SW_ENCODING_UTF8, &scanner) != SW_OK) {
        return EXIT_FAILURE;
    }
    for (;;) {
        size_t len = fread(input, 1, chunk, stdin);
        if (len == 0) {
            return EXIT_SUCCESS;
        }
        for (size_t at = 0; at < len;) {
            sw_token tokens[8];
            size_t count, taken;
            if (sw_scanner_scan(scanner, input + at, len - at, tokens, 8, &count, &taken) != SW_OK) {
                return EXIT_FAILURE;
            }
            for (size_t index = 0; index < count; index++) {
                tell(&tokens[index]);
            }
            at += taken;
        }
    }
}
