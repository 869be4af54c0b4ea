//! What stands below the options in a command's help.

pub(super) const PROGRAM: &str = "\
Examples:
  runner-std host -- bash                           work in a session that knows when it is idle
  runner-std watch --notify -- make -j8             be told when the build goes quiet
  runner-std watch --events build.jsonl -- make     the same as data
  runner-std strip < typescript | less              only the text
  runner-std timeline session.cast                  when was it busy, and what did it wait for?

Exit codes: the command's own, or 128 + signal if one killed it; 1 failure; 2 wrong usage;
126 the command cannot be run; 127 there is no such command.";

pub(super) const WATCH: &str = "\
Examples:
  runner-std watch --notify -- make -j8
  runner-std watch --events build.jsonl -- cargo build
  runner-std watch --events - -- make | jq -r 'select(.event==\"status\")|.status'
  runner-std watch --on-idle 'echo \"$STILLWIRE_SESSION: $STILLWIRE_REASON\" >>idle.log' -- bash
  runner-std watch --record demo.cast --idle-after 10s -- vim notes.txt

Events, one JSON object per line, `t` in seconds since the start:
  {\"t\":0.000000,\"event\":\"start\",\"session\":\"make\",\"pid\":4711}
  {\"t\":4.500000,\"event\":\"status\",\"status\":\"idle\",\"reason\":\"quiet\",\"last_visible\":1.000000}
  {\"t\":9.120000,\"event\":\"status\",\"status\":\"running\"}
  {\"t\":9.130000,\"event\":\"signal\",\"signal\":\"bell\"}
  {\"t\":60.020000,\"event\":\"exit\",\"code\":0}

Reasons: never_active, quiet, repainting, at_prompt, awaiting_input, bell.

Keys go to the session, Ctrl-C and Ctrl-Z too: in a shell Ctrl-Z stops the job, while a command that \
was started without a shell has nobody to go back to. To stop the runner: kill -TSTP.";

pub(super) const STRIP: &str = "\
Examples:
  ls --color=always | runner-std strip
  runner-std strip typescript > plain.txt
  runner-std strip --invalid keep latin1.log | iconv -f latin1

Kept are printable text, tab, newline and carriage return; everything else is dropped.";

pub(super) const TIMELINE: &str = "\
Examples:
  runner-std timeline session.cast
  runner-std timeline --svg session.svg session.cast
  runner-std timeline --json - < session.cast | jq .
  runner-std timeline --idle-after 10s --counts novel agent.cast

Reads asciicast versions 1, 2 and 3. The recording's own clock drives the same machine that \
`watch` runs, so the result is exact to the microsecond and always the same.";

pub(super) const HOST: &str = "\
Examples:
  runner-std host -- bash
  runner-std host --name build -- make -j8     then, in another terminal: runner-std attach build
  runner-std host --open -- htop               in a browser as well
  runner-std host -d --idle-timeout never -- ./server
  runner-std host --serial /dev/ttyUSB0:115200 --serial /dev/ttyUSB1:9600,7E1

In a terminal the host goes to the background and you work in the session right away; the title tells \
whether it is idle. Ctrl-] d leaves it, and the session goes on. Elsewhere (a pipe, a service) the host \
stays where it was started.";

pub(super) const PS: &str = "\
Examples:
  runner-std ps
  runner-std ps --json | jq -r '.sessions[] | select(.status==\"idle\") | .name'
  runner-std ps --watch --json | jq -r 'select(.reason==\"awaiting_input\") | .session'

OUTPUT tells the tier that says most: `novel 2 s ago`, or `repainting 26 m` where output goes on and \
nothing of it was new for so long.

--watch sleeps until a host says that something has changed. On a terminal the list stays in its place \
and tells times of day; elsewhere every change is a line. With --json it prints the event lines of \
`watch --events` for all sessions, each with its \"session\": first start and the present status of \
every one, then what happens. What sessions say out loud (bells, titles, prompts) is told too. There are two more: {\"event\":\"peers\",\"peers\":2} and, for a host that has died, {\"event\":\"gone\"}.";

pub(super) const KILL: &str = "\
Examples:
  runner-std kill build web             both are over when this returns
  runner-std kill --signal INT build    as Ctrl-C would, and nothing else";

pub(super) const ATTACH: &str = "\
Examples:
  runner-std attach                            the only session there is
  runner-std attach --view build
  runner-std attach 'http://127.0.0.1:7681/#token=...'
  echo 'make; exit' | runner-std attach build  its exit code is the session's

Ctrl-] and then: d detach, t take control, v only watch, r reconnect now, b send a break \
on a serial line, Ctrl-] send Ctrl-].

When another terminal takes over, this one stays as it is and its title says so: t takes control back.";
