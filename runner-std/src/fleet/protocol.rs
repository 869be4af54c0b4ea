//! MQTT 5 as one connection speaks it, without a socket: bytes in, bytes out, and what they mean.
//!
//! Version 5, because in 3.1.1 a broker has no way to say why it refuses, or that it does.

use std::collections::VecDeque;
use std::fmt;

use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{Event, TimerKind};
use mqtt_protocol_core::mqtt::packet::{
    MessageExpiryInterval, Packet, Properties, Property, Qos, ReceiveMaximum, SubEntry, SubOpts, v5_0,
};
use mqtt_protocol_core::mqtt::prelude::*;
use mqtt_protocol_core::mqtt::result_code::{ConnectReasonCode, DisconnectReasonCode, MqttError};
use mqtt_protocol_core::mqtt::{Connection, Version, role};
use stillwire::{Duration, Instant};

use super::line::News;
use super::{Broker, Greeting, LOST, Message};
use crate::limits;

/// One life of a connection.
pub(super) struct Protocol {
    mqtt: Connection<role::Client>,
    /// Bytes for the socket.
    pub out: VecDeque<u8>,
    pub news: VecDeque<News>,
    timers: [Option<Instant>; 3],
    /// The broker has let us in.
    open: bool,
    /// Messages on their way that the broker has not acknowledged.
    flying: usize,
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protocol").field("open", &self.open).finish_non_exhaustive()
    }
}

impl Protocol {
    /// Says hello. What it cannot say is a bug of ours or a name that no broker takes: then it is closed at once.
    pub(super) fn new(now: Instant, broker: &Broker, greeting: &Greeting) -> Self {
        let mut mqtt = Connection::<role::Client>::new(Version::V5_0);
        mqtt.set_auto_pub_response(true);
        mqtt.set_auto_map_topic_alias_send(true);
        mqtt.set_pingresp_recv_timeout(limits::PONG.as_millis());
        let mut protocol = Self {
            mqtt,
            out: VecDeque::new(),
            news: VecDeque::new(),
            timers: [None; 3],
            open: false,
            flying: 0,
        };
        match connect(broker, greeting) {
            Ok(packet) => {
                let events = protocol.mqtt.send(packet.into());
                protocol.take(now, events);
            }
            Err(error) => protocol.news.push_back(News::Down { why: words(error), refused: true }),
        }
        protocol
    }

    /// Bytes came.
    pub(super) fn receive(&mut self, now: Instant, bytes: &[u8]) {
        let mut cursor = Cursor::new(bytes);
        while (cursor.position() as usize) < bytes.len() {
            let events = self.mqtt.recv(&mut cursor);
            self.take(now, events);
            if matches!(self.news.back(), Some(News::Down { .. })) {
                return;
            }
        }
    }

    /// Whether another message may be sent.
    pub(super) fn has_room(&self) -> bool {
        let allowed = self.mqtt.get_receive_maximum_vacancy_for_send() != Some(0);
        self.open && allowed && self.flying < limits::FLYING && self.out.len() < limits::OUT
    }

    /// Sends a message; its number comes back in [`News::Acked`].
    pub(super) fn publish(&mut self, now: Instant, topic: &str, payload: &[u8], retain: bool) -> Option<u16> {
        if !self.has_room() {
            return None;
        }
        let id = self.mqtt.acquire_packet_id().ok()?;
        let packet = v5_0::Publish::builder()
            .topic_name(topic)
            .map(|packet| packet.qos(Qos::AtLeastOnce).retain(retain).packet_id(id).payload(payload));
        let packet = packet.and_then(|packet| packet.build());
        match packet {
            Ok(packet) => {
                self.flying += 1;
                let events = self.mqtt.send(packet.into());
                self.take(now, events);
            }
            Err(error) => {
                let _ = self.mqtt.release_packet_id(id);
                self.news.push_back(News::Acked { id, refused: Some(words(error)) });
            }
        }
        Some(id)
    }

    /// Asks for messages.
    pub(super) fn subscribe(&mut self, now: Instant, filters: &[String]) -> Option<u16> {
        let id = self.mqtt.acquire_packet_id().ok()?;
        let entry = |filter: &String| SubEntry::new(filter, SubOpts::new().set_qos(Qos::AtLeastOnce));
        let entries: Result<Vec<_>, _> = filters.iter().map(entry).collect();
        let packet =
            entries.and_then(|entries| v5_0::Subscribe::builder().packet_id(id).entries(entries).build());
        self.ask(now, id, packet)
    }

    /// Asks for them no more.
    pub(super) fn unsubscribe(&mut self, now: Instant, filter: &str) -> Option<u16> {
        let id = self.mqtt.acquire_packet_id().ok()?;
        let packet = v5_0::Unsubscribe::builder().packet_id(id).entries([filter]).and_then(|it| it.build());
        self.ask(now, id, packet)
    }

    fn ask<P: Into<Packet>>(&mut self, now: Instant, id: u16, packet: Result<P, MqttError>) -> Option<u16> {
        match packet {
            Ok(packet) => {
                let events = self.mqtt.send(packet.into());
                self.take(now, events);
                Some(id)
            }
            Err(error) => {
                let _ = self.mqtt.release_packet_id(id);
                self.news.push_back(News::Subscribed { id, refused: Some(words(error)) });
                None
            }
        }
    }

    /// Asks for an answer, behind everything that was asked for before.
    pub(super) fn ping(&mut self, now: Instant) {
        if let Ok(packet) = v5_0::Pingreq::builder().build() {
            let events = self.mqtt.send(packet.into());
            self.take(now, events);
        }
    }

    /// Says goodbye: no last will.
    pub(super) fn disconnect(&mut self, now: Instant) {
        if let Ok(packet) = v5_0::Disconnect::builder().build() {
            let events = self.mqtt.send(packet.into());
            self.take(now, events);
        }
    }

    pub(super) fn poll_at(&self) -> Option<Instant> {
        self.timers.iter().flatten().min().copied()
    }

    pub(super) fn poll(&mut self, now: Instant) {
        for kind in [TimerKind::PingreqSend, TimerKind::PingreqRecv, TimerKind::PingrespRecv] {
            let timer = &mut self.timers[place(kind)];
            if timer.take_if(|at| *at <= now).is_none() {
                continue;
            }
            let events = self.mqtt.notify_timer_fired(kind);
            self.take(now, events);
            if kind == TimerKind::PingrespRecv {
                self.down("the broker does not answer".into(), false);
            }
        }
    }

    fn take(&mut self, now: Instant, events: Vec<Event>) {
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => self.out.extend(packet.to_continuous_buffer()),
                Event::NotifyPacketReceived(packet) => self.heard(packet),
                Event::RequestTimerReset { kind, duration_ms } => {
                    self.timers[place(kind)] = Some(now.after(Duration::from_millis(duration_ms)));
                }
                Event::RequestTimerCancel(kind) => self.timers[place(kind)] = None,
                Event::NotifyError(error) => {
                    let why = if self.open {
                        words(error)
                    } else {
                        format!("{}: is that a broker, and does it speak MQTT 5?", words(error))
                    };
                    self.down(why, false);
                }
                Event::RequestClose => self.down("the connection was closed".into(), false),
                Event::NotifyPacketIdReleased(_) => {}
            }
        }
    }

    fn heard(&mut self, packet: Packet) {
        match packet {
            Packet::V5_0Connack(packet) => match packet.reason_code() {
                ConnectReasonCode::Success => {
                    self.open = true;
                    self.news.push_back(News::Up);
                }
                code => {
                    let asked_again = matches!(
                        code,
                        ConnectReasonCode::ServerUnavailable
                            | ConnectReasonCode::ServerBusy
                            | ConnectReasonCode::ConnectionRateExceeded
                            | ConnectReasonCode::QuotaExceeded
                    );
                    self.down(spoken(&code), !asked_again);
                }
            },
            Packet::V5_0Publish(packet) => {
                let expiry = packet.props().iter().find_map(|property| match property {
                    Property::MessageExpiryInterval(span) => Some(span.val()),
                    _ => None,
                });
                self.news.push_back(News::Message(Message {
                    topic: packet.topic_name().to_owned(),
                    payload: packet.payload().as_slice().to_vec(),
                    retained: packet.retain(),
                    expiry,
                }));
            }
            Packet::V5_0Puback(packet) => {
                self.flying = self.flying.saturating_sub(1);
                let refused = packet.reason_code().filter(|code| *code as u8 >= 0x80);
                let refused = refused.map(|code| spoken(&code));
                self.news.push_back(News::Acked { id: packet.packet_id(), refused });
            }
            Packet::V5_0Suback(packet) => {
                let refused = packet.reason_codes().into_iter().find(|code| !code.is_success());
                let refused = refused.map(|code| spoken(&code));
                self.news.push_back(News::Subscribed { id: packet.packet_id(), refused });
            }
            Packet::V5_0Pingresp(_) => self.news.push_back(News::Pong),
            Packet::V5_0Disconnect(packet) => match packet.reason_code() {
                Some(DisconnectReasonCode::SessionTakenOver) => self.news.push_back(News::Taken),
                code => {
                    let why = code.map_or_else(|| "no reason".into(), |code| spoken(&code));
                    self.down(format!("the broker says goodbye: {why}"), false);
                }
            },
            _ => {}
        }
    }

    /// The end of this life; the first reason is the one that counts.
    fn down(&mut self, why: String, refused: bool) {
        if !matches!(self.news.back(), Some(News::Down { .. } | News::Taken)) {
            self.news.push_back(News::Down { why, refused });
        }
        self.timers = [None; 3];
    }
}

fn connect(broker: &Broker, greeting: &Greeting) -> Result<v5_0::Connect, MqttError> {
    let window = ReceiveMaximum::new(limits::WINDOW)?;
    let mut packet = v5_0::Connect::builder()
        .client_id(greeting.client.as_str())?
        .clean_start(true)
        .keep_alive(u16::try_from(limits::KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX))
        .props(vec![window.into()]);
    if let Some(topic) = &greeting.will {
        let kept: Properties = vec![MessageExpiryInterval::new(LOST)?.into()];
        packet = packet.will_message(topic.as_str(), "false", Qos::AtLeastOnce, true)?.will_props(kept);
    }
    if let Some(user) = broker.user() {
        packet = packet.user_name(user)?;
    }
    if let Some(password) = broker.password() {
        packet = packet.password(password)?;
    }
    packet.build()
}

const fn place(kind: TimerKind) -> usize {
    match kind {
        TimerKind::PingreqSend => 0,
        TimerKind::PingreqRecv => 1,
        TimerKind::PingrespRecv => 2,
    }
}

fn words(error: MqttError) -> String {
    spoken(&format!("{error:?}"))
}

/// `NotAuthorized` as a person says it: not authorized.
fn spoken(code: &impl fmt::Display) -> String {
    let mut text = String::new();
    for char in code.to_string().chars() {
        if char.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(char.to_ascii_lowercase());
    }
    text
}
