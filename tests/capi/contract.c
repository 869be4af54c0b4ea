// What the header promises, looked at from C: errors for what can be wrong, and layouts, which `tests/tests/capi/contract.rs`
// compares with Rust's.
#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "stillwire.h"

_Static_assert(sizeof(sw_error) == 4 && sizeof(sw_state) == 4, "enums have 32 bits");
_Static_assert(SW_SCANNER_SIZE % SW_SCANNER_ALIGN == 0, "arrays have no gaps");
_Static_assert(SW_MONITOR_SIZE % SW_MONITOR_ALIGN == 0, "arrays have no gaps");
_Static_assert(SW_SESSION_SIZE % SW_SESSION_ALIGN == 0, "arrays have no gaps");
_Static_assert(SW_PEER_SIZE % SW_PEER_ALIGN == 0, "arrays have no gaps");
_Static_assert(SW_HOST_ALIGN <= 8 && SW_UPLINK_ALIGN <= 8 && SW_CLOCK_ALIGN <= 8, "malloc's alignment is enough");

// With as many bytes as it says and not one more, so that the sanitizer sees who writes beyond.
static alignas(8) unsigned char scanner_storage[SW_SCANNER_SIZE + 8];
static alignas(8) unsigned char monitor_storage[SW_MONITOR_SIZE];
static alignas(8) unsigned char host_storage[SW_HOST_SIZE];
static alignas(8) unsigned char sessions_storage[2 * SW_SESSION_SIZE];
static alignas(8) unsigned char peers_storage[3 * SW_PEER_SIZE];
static alignas(8) unsigned char uplink_storage[SW_UPLINK_SIZE];
static alignas(8) unsigned char clock_storage[SW_CLOCK_SIZE];
static unsigned char history[2][512], inbox[2][16], out[SW_MIN_BODY + SW_OUT_EXTRA];

static sw_memory memory(void *bytes, size_t len) {
    sw_memory lent = {bytes, len};
    return lent;
}

static void scanner(void) {
    sw_scanner *scanner = NULL;
    sw_token tokens[SW_TOKENS];
    size_t count = 9, taken = 9;
    assert(sw_scanner_init(NULL, SW_SCANNER_SIZE, SW_ENCODING_UTF8, &scanner) == SW_E_NULL);
    assert(sw_scanner_init(scanner_storage, SW_SCANNER_SIZE, SW_ENCODING_UTF8, NULL) == SW_E_NULL);
    assert(sw_scanner_init(scanner_storage, 8, SW_ENCODING_UTF8, &scanner) == SW_E_SIZE);
    assert(sw_scanner_init(scanner_storage + 1, SW_SCANNER_SIZE, SW_ENCODING_UTF8, &scanner) == SW_E_ALIGN);
    assert(sw_scanner_init(scanner_storage, SW_SCANNER_SIZE, 7, &scanner) == SW_E_ARGUMENT);
    assert(scanner == NULL);
    assert(sw_scanner_init(scanner_storage, SW_SCANNER_SIZE, SW_ENCODING_UTF8, &scanner) == SW_OK);
    const uint8_t input[] = "\x1b[1;38:5:2mgr\xC3\xBCn\x1bP\x18";
    assert(sw_scanner_scan(scanner, input, 4, tokens, 1, &count, &taken) == SW_E_SIZE);
    assert(sw_scanner_scan(scanner, NULL, 4, tokens, 2, &count, &taken) == SW_E_NULL);
    assert(sw_scanner_scan(scanner, input, SIZE_MAX, tokens, 2, &count, &taken) == SW_E_SIZE);
    assert(sw_scanner_scan(scanner, NULL, 0, tokens, 2, &count, &taken) == SW_OK && count == 0 && taken == 0);
    assert(sw_scanner_scan(scanner, input, sizeof input - 1, tokens, 2, &count, &taken) == SW_OK);
    assert(count == 1 && taken == 11 && tokens[0].kind == SW_TOKEN_CSI && tokens[0].byte == 'm');
    assert(tokens[0].params_len == 4 && tokens[0].params[1] == 38 && tokens[0].subs == 0xC);
    assert(sw_scanner_scan(scanner, input + 11, sizeof input - 12, tokens, 2, &count, &taken) == SW_OK);
    assert(count == 1 && tokens[0].kind == SW_TOKEN_TEXT && tokens[0].bytes == input + 11 && tokens[0].len == 5);
    // The CAN ends a string, and is a token of its own.
    assert(sw_scanner_scan(scanner, input + 16, 3, tokens, 2, &count, &taken) == SW_OK && count == 2 && taken == 3);
    assert(tokens[0].kind == SW_TOKEN_STRING_END && !tokens[0].terminated && tokens[1].byte == 0x18);
    assert(sw_scanner_is_ground(scanner) && !sw_scanner_is_ground(NULL));
    assert(sw_scanner_scan(scanner, input + 13, 1, tokens, 2, &count, &taken) == SW_OK && count == 0);
    assert(sw_scanner_finish(scanner, tokens) == SW_OK && tokens[0].kind == SW_TOKEN_INVALID);
    assert(sw_scanner_finish(scanner, tokens) == SW_NOTHING);
}

static void monitor(void) {
    sw_monitor *monitor = NULL;
    sw_monitor_config config;
    sw_change change;
    sw_evidence evidence;
    sw_signal signals[1];
    size_t count;
    sw_monitor_config_default(&config);
    config.counts = 3;
    assert(sw_monitor_init(monitor_storage, sizeof monitor_storage, &config, 0, &monitor) == SW_E_ARGUMENT);
    config.counts = SW_TIER_NOVEL;
    assert(sw_monitor_init(monitor_storage, sizeof monitor_storage - 8, &config, 0, &monitor) == SW_E_SIZE);
    assert(sw_monitor_init(monitor_storage, sizeof monitor_storage, &config, 0, &monitor) == SW_OK);
    const uint8_t output[] = "\x1b]0;t\x07Proceed? \x07";
    assert(sw_monitor_output(monitor, 1000000, output, sizeof output - 1, signals, 1, &count) == SW_OK);
    assert(count == 2 && signals[0].kind == SW_SIGNAL_TITLE);
    assert(sw_monitor_poll_at(monitor) == 4000000 && sw_monitor_poll(monitor, 4000000, &change) == SW_NOTHING);
    assert(sw_monitor_poll_at(monitor) == 4500000 && sw_monitor_poll(monitor, 4600000, &change) == SW_OK);
    assert(change.at == 4500000 && change.status.state == SW_IDLE && change.status.reason == SW_REASON_BELL);
    assert(sw_monitor_evidence(monitor, &evidence) == SW_OK);
    assert(evidence.visible == 1000000 && evidence.input == SW_NEVER);
    assert(sw_monitor_input(monitor, 5000000, (const uint8_t *)"y", 1) == SW_OK);
    assert(sw_monitor_hint(monitor, 5000000, 3) == SW_E_ARGUMENT);
    assert(sw_monitor_hint(monitor, 5000000, SW_HINT_BUSY) == SW_OK);
    assert(sw_monitor_exit(monitor, 6000000, 9, true) == SW_OK);
    assert(sw_monitor_poll(monitor, 6000000, &change) == SW_OK);
    assert(change.status.state == SW_KILLED && change.status.code == 9);
    assert(sw_monitor_poll_at(monitor) == SW_NEVER && sw_monitor_poll_at(NULL) == SW_NEVER);
    assert(sw_monitor_status(monitor).state == SW_KILLED);
}

static void host(void) {
    sw_host *host = NULL;
    sw_uplink *uplink = NULL;
    sw_host_config config;
    sw_session_config sessions[2];
    sw_event event;
    sw_heard heard;
    sw_status status;
    const uint8_t *bytes;
    size_t len;
    sw_host_config_default(&config);
    memset(sessions, 0, sizeof sessions);
    for (size_t index = 0; index < 2; index++) {
        sessions[index].history = memory(history[index], sizeof history[index]);
        sessions[index].inbox = memory(inbox[index], sizeof inbox[index]);
    }
    sw_memory places = memory(sessions_storage, sizeof sessions_storage), none = memory(NULL, 0);
    sw_memory peers = memory(peers_storage, sizeof peers_storage);
    config.max_body = 255;
    assert(sw_host_init(host_storage, sizeof host_storage, &config, sessions, 2, places, peers, none, 0, &host) ==
           SW_E_ARGUMENT);
    config.max_body = 65536;
    assert(sw_host_init(host_storage, sizeof host_storage, &config, sessions, 2, places, peers, none, 0, &host) ==
           SW_E_ARGUMENT);
    config.max_body = SW_MIN_BODY;
    assert(sw_host_init(host_storage, sizeof host_storage, &config, sessions, 3, places, peers, none, 0, &host) ==
           SW_E_SIZE);
    assert(sw_host_init(host_storage, sizeof host_storage, &config, sessions, 2, places, memory(peers_storage + 1, 999),
                        none, 0, &host) == SW_E_ALIGN);
    assert(sw_host_init(host_storage, sizeof host_storage, &config, sessions, 2, places, peers, none, 0, &host) == SW_OK);
    assert(sw_host_output(host, 1, 2, (const uint8_t *)"x", 1, NULL, 0, NULL) == SW_E_ARGUMENT);
    assert(sw_host_output(host, 1, 1, (const uint8_t *)"x", 1, NULL, 0, NULL) == SW_OK);
    assert(sw_host_typed(host, 1, &bytes, &len) == SW_OK && len == 0);
    assert(sw_host_status(host, 1, &status, NULL) == SW_OK && status.state == SW_RUNNING);
    assert(sw_host_publish(host, 0, 1, 0, (const uint8_t *)"x", 1) == SW_E_FULL);
    assert(sw_host_reply(host, 7, 1, SW_OUTCOME_DONE, NULL, 0) == SW_E_STATE);
    sw_peer nobody = {1, 7};
    assert(sw_host_refuse(host, 1, nobody, 4003) == SW_E_STALE && sw_host_refuse(NULL, 1, nobody, 4003) == SW_E_NULL);

    assert(sw_uplink_stream(uplink_storage, sizeof uplink_storage, memory(out, 8), &uplink) == SW_E_SIZE);
    assert(sw_uplink_stream(uplink_storage, sizeof uplink_storage, memory(out, sizeof out), &uplink) == SW_OK);
    assert(sw_uplink_connect(uplink, 2, host) == SW_OK);
    // No frame at all: it is told so, and the driver closes the port.
    const uint8_t *input = (const uint8_t *)"GET / HTTP/1.1";
    size_t rest = 14;
    assert(sw_uplink_received(uplink, 2, host) == SW_OK);
    while (sw_uplink_next(uplink, 2, host, &input, &rest, &heard) == SW_OK) {
        assert(heard.kind == SW_HOST_HEARD_NOTHING);
    }
    assert(rest == 0 && sw_host_admit(host, 2, &heard, 0, SW_ROLE_CONTROLLER) == SW_E_ARGUMENT);
    assert(sw_uplink_outgoing(uplink, 2, host, &bytes, &len) == SW_OK && len > 0);
    assert(sw_uplink_taken(uplink, 2, host, len) == SW_OK);
    assert(sw_host_poll(host, 2, &event) == SW_OK && event.kind == SW_EVENT_DETACHED && event.reason == 4004);
    assert(!event.has_session && sw_uplink_event(uplink, &event) && !sw_uplink_event(uplink, &event));
    assert(sw_host_poll(host, 2, &event) == SW_NOTHING && sw_host_poll_at(host) != SW_NEVER);
    assert(sw_host_shutdown(host, 3, 1012) == SW_OK && sw_uplink_connect(uplink, 3, host) == SW_E_FULL);
}

static void clock_of_ticks(void) {
    sw_clock *clock;
    assert(sw_clock_init(clock_storage, sizeof clock_storage, 0, 0, &clock) == SW_E_ARGUMENT);
    assert(sw_clock_init(clock_storage, sizeof clock_storage, 1000, UINT32_MAX, &clock) == SW_OK);
    assert(sw_clock_at(clock, 4) == 5000 && sw_clock_at(clock, 0) == 1000 && sw_clock_poll_at(clock) > 5000);
}

#define LAYOUT(type) printf("%s %zu %zu\n", #type, sizeof(type), alignof(type))

int main(void) {
    assert(sw_abi_version() == SW_ABI_VERSION);
    scanner();
    monitor();
    host();
    clock_of_ticks();
    LAYOUT(sw_change);
    LAYOUT(sw_event);
    LAYOUT(sw_evidence);
    LAYOUT(sw_heard);
    LAYOUT(sw_hello);
    LAYOUT(sw_host_config);
    LAYOUT(sw_memory);
    LAYOUT(sw_monitor_config);
    LAYOUT(sw_peer);
    LAYOUT(sw_session_config);
    LAYOUT(sw_signal);
    LAYOUT(sw_status);
    LAYOUT(sw_token);
    return 0;
}
