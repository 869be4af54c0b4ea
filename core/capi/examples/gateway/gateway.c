#include "gateway.h"

#include <string.h>

#include "stillwire.h"

#define HISTORY 8192
#define INBOX 64
#define ANSWERS 64

// Whoever knows it may type. A product has one of its own, in its configuration.
static const uint8_t SECRET[] = {'g', 'a', 't', 'e', 'w', 'a', 'y'};

// Everything that the gateway is: no heap.
static _Alignas(SW_HOST_ALIGN) uint8_t host_storage[SW_HOST_SIZE];
static _Alignas(SW_SESSION_ALIGN) uint8_t session_storage[SW_SESSION_SIZE];
static _Alignas(SW_PEER_ALIGN) uint8_t peer_storage[GATEWAY_LINES * SW_PEER_SIZE];
static _Alignas(SW_UPLINK_ALIGN) uint8_t uplink_storage[GATEWAY_LINES][SW_UPLINK_SIZE];
static uint8_t history[HISTORY];
static uint8_t inbox[INBOX];
static uint8_t answers[ANSWERS];
static uint8_t packets[GATEWAY_LINES][SW_MIN_BODY + SW_PACKET_EXTRA];
static uint8_t outs[GATEWAY_LINES][SW_MIN_BODY + SW_OUT_EXTRA];

static sw_host *host;
static sw_uplink *uplinks[GATEWAY_LINES];
static uint8_t health[8];

static sw_memory memory(uint8_t *bytes, size_t len) {
    sw_memory lent = {bytes, len};
    return lent;
}

bool gateway_start(uint64_t now, uint64_t epoch) {
    if (sw_abi_version() != SW_ABI_VERSION) {
        return false;
    }
    sw_host_config config;
    sw_host_config_default(&config);
    config.linger = 0; // it is at home here
    config.max_body = SW_MIN_BODY;
    sw_session_config session;
    memset(&session, 0, sizeof session);
    session.history = memory(history, sizeof history);
    session.inbox = memory(inbox, sizeof inbox);
    session.epoch = epoch;
    sw_error error =
        sw_host_init(host_storage, sizeof host_storage, &config, &session, 1,
                     memory(session_storage, sizeof session_storage), memory(peer_storage, sizeof peer_storage),
                     memory(answers, sizeof answers), now, &host);
    for (size_t line = 0; line < GATEWAY_LINES && error == SW_OK; line++) {
        error = sw_uplink_line(uplink_storage[line], sizeof uplink_storage[line],
                               memory(packets[line], sizeof packets[line]), memory(outs[line], sizeof outs[line]),
                               &uplinks[line]);
    }
    return error == SW_OK;
}

// Says in the output that bytes are missing here; the CAN ends a sequence that was cut off.
static void tell_lost(uint64_t now, uint32_t lost) {
    uint8_t note[48] = "\x18\r\n[stillwire: ";
    size_t len = 15, digits = 1;
    for (uint32_t rest = lost; rest >= 10; rest /= 10) {
        digits++;
    }
    for (size_t digit = digits; digit > 0; digit--, lost /= 10) {
        note[len + digit - 1] = (uint8_t)('0' + lost % 10);
    }
    len += digits;
    memcpy(note + len, " bytes lost]\r\n", 14);
    sw_host_output(host, now, 0, note, len + 14, NULL, 0, NULL);
}

void gateway_printed(uint64_t now, const uint8_t *bytes, size_t len, uint32_t lost) {
    sw_host_output(host, now, 0, bytes, len, NULL, 0, NULL);
    if (lost > 0) {
        tell_lost(now, lost);
    }
}

// Whoever knows the secret is let in; whoever asks how the gateway is is told.
static void answer(uint64_t now, const sw_heard *heard) {
    switch (heard->kind) {
    case SW_HOST_HEARD_HELLO:
        if (sw_token_matches(heard, SECRET, sizeof SECRET)) {
            sw_host_admit(host, now, heard, 0, SW_ROLE_CONTROLLER);
        } else {
            sw_host_refuse(host, now, heard->peer, 4003);
        }
        break;
    case SW_HOST_HEARD_MESSAGE:
        if (heard->rest == 0 && heard->name_len == 6 && memcmp(heard->name, "health", 6) == 0) {
            sw_host_reply(host, heard->client, heard->id, SW_OUTCOME_DONE, health, sizeof health);
        } else if (heard->rest == 0) {
            sw_host_reply(host, heard->client, heard->id, SW_OUTCOME_NO_HANDLER, NULL, 0);
        }
        break;
    default:
        break;
    }
}

void gateway_received(uint64_t now, size_t line, const uint8_t *bytes, size_t len) {
    sw_heard heard;
    sw_uplink_received(uplinks[line], now, host);
    while (sw_uplink_next(uplinks[line], now, host, &bytes, &len, &heard) == SW_OK) {
        answer(now, &heard);
    }
}

void gateway_poll(uint64_t now) {
    sw_event event;
    while (sw_host_poll(host, now, &event) == SW_OK) {
        for (size_t line = 0; line < GATEWAY_LINES; line++) {
            sw_uplink_event(uplinks[line], &event);
        }
    }
}

bool gateway_send(uint64_t now, size_t (*write)(size_t port, const uint8_t *bytes, size_t len)) {
    bool moved = false;
    const uint8_t *bytes;
    size_t len;
    for (size_t line = 0; line < GATEWAY_LINES; line++) {
        while (sw_uplink_outgoing(uplinks[line], now, host, &bytes, &len) == SW_OK && len > 0) {
            size_t taken = write(line + 1, bytes, len);
            if (taken == 0) {
                break;
            }
            sw_uplink_taken(uplinks[line], now, host, taken);
            moved = true;
        }
    }
    while (sw_host_typed(host, 0, &bytes, &len) == SW_OK && len > 0) {
        size_t taken = write(0, bytes, len);
        if (taken == 0) {
            break;
        }
        sw_host_taken(host, now, 0, taken);
        moved = true;
    }
    return moved;
}

uint64_t gateway_poll_at(void) { return sw_host_poll_at(host); }

void gateway_health(uint32_t stack, uint32_t lost) {
    for (unsigned index = 0; index < 4; index++) {
        health[index] = (uint8_t)(stack >> (24 - 8 * index));
        health[4 + index] = (uint8_t)(lost >> (24 - 8 * index));
    }
}
