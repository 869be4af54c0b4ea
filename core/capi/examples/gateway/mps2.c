// The gateway on QEMU's mps2-an386, a Cortex-M4 with UARTs and timers of Arm's CMSDK (Cortex-M System Design Kit TRM, sections 4.2
// and 4.3): interrupts fill rings, the main loop empties them and sleeps until the host has something to do.
#include <string.h>

#include "gateway.h"
#include "stillwire.h"

#define HZ 25000000u
#define PORTS (GATEWAY_LINES + 1)
#define PAINT 0xCCCCCCCCu

// Registers of a UART, and their bits.
struct uart {
    volatile uint32_t data, state, ctrl, interrupt, divider;
};
enum { TX_FULL = 1, RX_FULL = 2, ENABLE = 0xF, TX = 1, RX = 2 };
#define UART(port) ((struct uart *)(0x40004000u + 0x1000u * (port)))

// Registers of a timer, which counts down.
struct timer {
    volatile uint32_t control, value, reload, clear;
};
enum { RUN = 1, RUN_AND_WAKE = 9 };
#define COUNTER ((struct timer *)0x40000000u)
#define ALARM ((struct timer *)0x40001000u)

#define NVIC_ENABLE ((volatile uint32_t *)0xE000E100u)
#define CPACR ((volatile uint32_t *)0xE000ED88u)

// Between an interrupt and the main loop. What comes when it is full is dropped until it is empty: one hole of a known size.
struct ring {
    uint8_t bytes[256];
    volatile uint32_t first, len;
    volatile uint32_t at;   // ticks when the newest byte came
    volatile uint32_t hole; // bytes that are missing behind it
};

static struct ring received[PORTS], sending[PORTS];
static bool stuck[PORTS]; // a port did not take all
static uint32_t lost;
static _Alignas(SW_CLOCK_ALIGN) uint8_t clock_storage[SW_CLOCK_SIZE];
static sw_clock *clock;
static uint32_t boots[8] __attribute__((section(".noinit")));

extern uint32_t _data_load, _data, _data_end, _bss, _bss_end, _stack_end, _stack_start;

static uint32_t ticks(void) { return ~COUNTER->value; }

static void interrupts_off(void) { __asm__ volatile("cpsid i" ::: "memory"); }
static void interrupts_on(void) { __asm__ volatile("cpsie i" ::: "memory"); }

static void push(struct ring *ring, uint8_t byte) {
    ring->bytes[(ring->first + ring->len) % sizeof ring->bytes] = byte;
    ring->len++;
}

static uint8_t pop(struct ring *ring) {
    uint8_t byte = ring->bytes[ring->first];
    ring->first = (ring->first + 1) % sizeof ring->bytes;
    ring->len--;
    return byte;
}

// In an interrupt: bytes came.
static void receive(size_t port) {
    struct uart *uart = UART(port);
    struct ring *ring = &received[port];
    uart->interrupt = RX;
    while (uart->state & RX_FULL) {
        uint8_t byte = (uint8_t)uart->data;
        ring->at = ticks();
        if (ring->hole == 0 && ring->len < sizeof ring->bytes) {
            push(ring, byte);
        } else {
            ring->hole++;
        }
    }
}

// In an interrupt, or with interrupts off: the sender has room.
static void transmit(size_t port) {
    struct uart *uart = UART(port);
    uart->interrupt = TX;
    while (!(uart->state & TX_FULL) && sending[port].len > 0) {
        uart->data = pop(&sending[port]);
    }
}

static size_t write_port(size_t port, const uint8_t *bytes, size_t len) {
    struct ring *ring = &sending[port];
    size_t taken = 0;
    interrupts_off();
    while (taken < len && ring->len < sizeof ring->bytes) {
        push(ring, bytes[taken++]);
    }
    transmit(port);
    interrupts_on();
    stuck[port] = taken < len;
    return taken;
}

// Moves what came out of the ring; what is missing behind it is told once it is empty.
static size_t take(size_t port, uint8_t *bytes, size_t room, uint32_t *at, uint32_t *missing) {
    struct ring *ring = &received[port];
    size_t len = 0;
    interrupts_off();
    while (len < room && ring->len > 0) {
        bytes[len++] = pop(ring);
    }
    *at = ring->at;
    *missing = ring->len == 0 ? ring->hole : 0;
    ring->hole -= *missing;
    interrupts_on();
    return len;
}

static bool turn(void) {
    uint8_t bytes[64];
    uint32_t at, missing;
    bool moved = false;
    for (size_t port = 0; port < PORTS; port++) {
        size_t len = take(port, bytes, sizeof bytes, &at, &missing);
        if (len == 0 && missing == 0) {
            continue;
        }
        moved = true;
        if (port == 0) {
            lost += missing;
            gateway_printed(sw_clock_at(clock, at), bytes, len, missing);
        } else {
            gateway_received(sw_clock_at(clock, ticks()), port - 1, bytes, len);
        }
    }
    uint64_t now = sw_clock_at(clock, ticks());
    gateway_poll(now);
    return gateway_send(now, write_port) || moved;
}

static bool has_news(void) {
    for (size_t port = 0; port < PORTS; port++) {
        if (received[port].len > 0 || received[port].hole > 0 ||
            (stuck[port] && sending[port].len < sizeof sending[port].bytes)) {
            return true;
        }
    }
    return false;
}

// Until the host has something to do, or an interrupt, unless there is news already.
static void sleep(void) {
    uint64_t due = gateway_poll_at(), read_by = sw_clock_poll_at(clock);
    due = due < read_by ? due : read_by;
    interrupts_off();
    uint64_t now = sw_clock_at(clock, ticks());
    if (due > now && !has_news()) {
        uint64_t span = (due - now) * (HZ / 1000000u);
        ALARM->reload = ALARM->value = span > UINT32_MAX ? UINT32_MAX : (uint32_t)span;
        ALARM->control = RUN_AND_WAKE;
        __asm__ volatile("wfi" ::: "memory"); // an interrupt that waits ends it, though it is held off
        ALARM->control = 0;
    }
    interrupts_on();
}

// How deep the stack has been: it was painted before it was used.
static uint32_t stack_used(void) {
    const volatile uint32_t *deepest = &_stack_end;
    while (deepest < &_stack_start && *deepest == PAINT) {
        deepest++;
    }
    return (uint32_t)((const volatile uint8_t *)&_stack_start - (const volatile uint8_t *)deepest);
}

// A number that is another after every reset: what the RAM held that nobody has set, counted on (FNV-1a). That is as good as the
// noise of a RAM at power-up; a part with a random number generator uses that.
static uint64_t epoch(void) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t word = 0; word < 8; word++) {
        hash = (hash ^ boots[word]) * 0x100000001B3u;
    }
    boots[0] = (uint32_t)hash ^ ticks();
    return hash;
}

static void start(void) {
    COUNTER->reload = UINT32_MAX;
    COUNTER->control = RUN;
    for (size_t port = 0; port < PORTS; port++) {
        UART(port)->divider = HZ / 115200u;
        UART(port)->ctrl = ENABLE;
    }
    NVIC_ENABLE[0] = 0x3Fu | 1u << 9;
}

int main(void) {
    start();
    if (sw_clock_init(clock_storage, sizeof clock_storage, HZ, ticks(), &clock) != SW_OK || !gateway_start(0, epoch())) {
        return 1;
    }
    for (;;) {
        gateway_health(stack_used(), lost);
        while (turn()) {
        }
        sleep();
    }
}

void reset(void) {
    *CPACR |= 0xFu << 20; // the floating-point unit
    __asm__ volatile("dsb\nisb" ::: "memory");
    // Not memcpy and memset: the stack below is painted, too.
    for (volatile uint32_t *word = &_bss; word < &_bss_end; word++) {
        *word = 0;
    }
    const uint32_t *from = &_data_load;
    for (volatile uint32_t *word = &_data; word < &_data_end; word++) {
        *word = *from++;
    }
    uint32_t here;
    __asm__ volatile("mov %0, sp" : "=r"(here));
    for (volatile uint32_t *word = &_stack_end; (uint32_t)word < here; word++) {
        *word = PAINT;
    }
    main();
    for (;;) {
    }
}

static void uart0_received(void) { receive(0); }
static void uart0_sent(void) { transmit(0); }
static void uart1_received(void) { receive(1); }
static void uart1_sent(void) { transmit(1); }
static void uart2_received(void) { receive(2); }
static void uart2_sent(void) { transmit(2); }
static void alarm(void) {
    ALARM->control = 0;
    ALARM->clear = 1;
}
static void stop(void) {
    for (;;) {
    }
}

// The stack, the exceptions of the core, and the board's interrupts.
typedef void (*handler)(void);
__attribute__((section(".vectors"), used)) static const handler VECTORS[16 + 10] = {
    (handler)(uintptr_t)&_stack_start,
    reset,
    stop,
    stop,
    stop,
    stop,
    stop,
    [16] = uart0_received,
    uart0_sent,
    uart1_received,
    uart1_sent,
    uart2_received,
    uart2_sent,
    [16 + 9] = alarm,
};
