// A serial-console gateway in C: the core's host, and what is the same on every machine.
//
// It remembers what the console printed last, says what it is doing and why, finds dead peers, lets the newest controller take over,
// and goes on where a cut line left off: all of it the core's. A machine gives it bytes and the time; see posix.c and mps2.c.
#ifndef GATEWAY_H
#define GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Lines to desktops.
#define GATEWAY_LINES 2

// Once, before anything else. `epoch`: another number after every reset. False: the library is not the header's.
bool gateway_start(uint64_t now, uint64_t epoch);

// The console printed; `lost`: bytes that were lost behind them, of which those who watch are told.
void gateway_printed(uint64_t now, const uint8_t *bytes, size_t len, uint32_t lost);

// A desktop sent bytes on `line`.
void gateway_received(uint64_t now, size_t line, const uint8_t *bytes, size_t len);

// What the host has to do by now.
void gateway_poll(uint64_t now);

// Writes what there is to say to the console (0) and the lines (1 to GATEWAY_LINES): whether anything moved.
bool gateway_send(uint64_t now, size_t (*write)(size_t port, const uint8_t *bytes, size_t len));

// When to call gateway_poll next; SW_NEVER: when something comes.
uint64_t gateway_poll_at(void);

// What a client is told that asks for "health": two numbers of 32 bits, the deepest stack and bytes lost at the console.
void gateway_health(uint32_t stack, uint32_t lost);

#endif
