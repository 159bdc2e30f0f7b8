//! What a sweep waits for: a ring of addresses in the order in which they were asked. No sockets, no clock.
//!
//! All wait equally long, so that the oldest is always due first and no timer is needed for each. An address that is silent for half
//! of the wait is asked once more: many a host loses the first echo to its own or its router's ARP.

use crate::net::icmp::{Echo, Reply};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

/// An address that was asked. Times are since the sweep began.
#[derive(Debug)]
struct Slot {
    address: IpAddr,
    answered: bool,
    first: Duration,
    second: Option<Duration>,
}

/// The addresses in flight.
#[derive(Debug)]
pub(super) struct Flight {
    wait: Duration,
    slots: VecDeque<Slot>,
    /// Number of the front slot.
    front: u32,
    /// How many slots from the front on have had their second chance.
    past: usize,
}

/// An address that is settled: its round trip, or `None` where it was silent.
pub(super) type Settled = (IpAddr, Option<Duration>);

impl Flight {
    /// Each address is waited for this long.
    pub(super) const fn new(wait: Duration) -> Self {
        Self { wait, slots: VecDeque::new(), front: 0, past: 0 }
    }

    /// Slots in the ring: some may be answered already.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The first echoes to these addresses, with their numbers.
    pub(super) fn first_echoes<'a>(&self, addresses: impl Iterator<Item = &'a IpAddr>) -> impl Iterator<Item = Echo> {
        let next = self.front.wrapping_add(u32::try_from(self.slots.len()).unwrap_or(0));
        addresses.zip(0..).map(move |(address, at)| Echo { address: *address, number: next.wrapping_add(at), attempt: 0 })
    }

    /// The second echoes that are due.
    pub(super) fn second_echoes(&self, now: Duration, most: usize) -> impl Iterator<Item = Echo> {
        let due =
            self.slots.iter().zip(0..).skip(self.past).take_while(move |(slot, _): &(&Slot, u32)| self.is_due_again(slot, now));
        let unanswered = due.filter(|(slot, _)| !slot.answered).take(most);
        unanswered.map(|(slot, at)| Echo { address: slot.address, number: self.front.wrapping_add(at), attempt: 1 })
    }

    fn is_due_again(&self, slot: &Slot, now: Duration) -> bool {
        now >= slot.first + self.wait / 2
    }

    /// An echo went out; of a second one that had no way, this is told as well.
    pub(super) fn sent(&mut self, echo: &Echo, now: Duration) {
        if echo.attempt == 0 {
            self.slots.push_back(Slot { address: echo.address, answered: false, first: now, second: None });
            return;
        }
        let at = self.place(echo.number);
        self.past = self.past.max(at + 1);
        if let Some(slot) = self.slots.get_mut(at) {
            slot.second = Some(now);
        }
    }

    /// Takes a reply: the round trip; `None` where the address was answered or given up before.
    pub(super) fn answered(&mut self, reply: &Reply, now: Duration) -> Option<Duration> {
        let at = self.place(reply.number);
        let slot = self.slots.get_mut(at).filter(|slot| !slot.answered && slot.address == reply.address)?;
        slot.answered = true;
        let sent = if reply.attempt == 0 { slot.first } else { slot.second.unwrap_or(slot.first) };
        Some(now.saturating_sub(sent))
    }

    /// Gives up on who was silent for the whole wait.
    pub(super) fn expire(&mut self, now: Duration, settled: &mut Vec<Settled>) {
        let is_over = |slot: &Slot, wait: Duration| slot.answered || now >= slot.first + wait;
        while self.slots.front().is_some_and(|slot| is_over(slot, self.wait)) {
            if let Some(slot) = self.slots.pop_front().filter(|slot| !slot.answered) {
                settled.push((slot.address, None));
            }
            self.front = self.front.wrapping_add(1);
            self.past = self.past.saturating_sub(1);
        }
        while self.slots.get(self.past).is_some_and(|slot| slot.answered) {
            self.past += 1;
        }
    }

    /// When something is due next, without a reply.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let again = self.slots.get(self.past).map(|slot| slot.first + self.wait / 2);
        let over = self.slots.front().map(|slot| slot.first + self.wait);
        again.into_iter().chain(over).min()
    }

    fn place(&self, number: u32) -> usize {
        usize::try_from(number.wrapping_sub(self.front)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(500);

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn addresses(count: u8) -> Vec<IpAddr> {
        (1..=count).map(|last| IpAddr::from([10, 0, 0, last])).collect()
    }

    /// `count` addresses asked, 1 ms apart from 0 on.
    fn asked(count: u8) -> Flight {
        let mut flight = Flight::new(WAIT);
        for (at, address) in addresses(count).iter().enumerate() {
            let echo = flight.first_echoes(std::iter::once(address)).next().unwrap();
            flight.sent(&echo, ms(at as u64));
        }
        flight
    }

    fn reply(last: u8, number: u32, attempt: u8) -> Reply {
        Reply { address: IpAddr::from([10, 0, 0, last]), number, attempt }
    }

    fn again(flight: &Flight, now: u64) -> Vec<(u32, u8)> {
        flight.second_echoes(ms(now), 64).map(|echo| (echo.number, echo.attempt)).collect()
    }

    #[test]
    fn a_reply_settles_its_address_once() {
        let mut flight = asked(3);
        assert_eq!(flight.answered(&reply(2, 1, 0), ms(6)), Some(ms(5)));
        assert_eq!(flight.answered(&reply(2, 1, 0), ms(7)), None, "a double");
        assert_eq!(flight.answered(&reply(3, 1, 0), ms(7)), None, "another address under its number");
        assert_eq!(flight.answered(&reply(9, 90, 0), ms(7)), None, "a number that was never sent");
    }

    #[test]
    fn the_silent_are_asked_again_at_half_the_wait_and_given_up_at_its_end() {
        let mut flight = asked(3);
        flight.answered(&reply(2, 1, 0), ms(6));
        assert_eq!(flight.next_due(), Some(ms(250)));
        assert_eq!(again(&flight, 249), []);
        assert_eq!(again(&flight, 252), [(0, 1), (2, 1)]);
        let seconds: Vec<Echo> = flight.second_echoes(ms(252), 64).collect();
        seconds.iter().for_each(|echo| flight.sent(echo, ms(252)));
        assert_eq!(again(&flight, 260), []);
        assert_eq!(flight.next_due(), Some(ms(500)));
        assert_eq!(flight.answered(&reply(3, 2, 1), ms(255)), Some(ms(3)), "the reply to the second is measured from the second");
        let mut settled = Vec::new();
        flight.expire(ms(500), &mut settled);
        assert_eq!(settled, [("10.0.0.1".parse().unwrap(), None)]);
        assert!(flight.is_empty(), "the answered ones leave with it");
        assert_eq!(flight.next_due(), None);
    }

    #[test]
    fn a_second_echo_that_waits_for_room_stays_due() {
        let mut flight = asked(4);
        let seconds: Vec<Echo> = flight.second_echoes(ms(300), 64).collect();
        flight.sent(&seconds[0], ms(300));
        assert_eq!(again(&flight, 301), [(1, 1), (2, 1), (3, 1)]);
        assert_eq!(flight.second_echoes(ms(301), 2).count(), 2);
    }

    #[test]
    fn a_late_reply_to_an_address_that_was_given_up_is_nobodys() {
        let mut flight = asked(2);
        flight.expire(ms(600), &mut Vec::new());
        assert_eq!(flight.answered(&reply(1, 0, 0), ms(601)), None);
        let echo = flight.first_echoes(addresses(1).iter()).next().unwrap();
        assert_eq!(echo.number, 2, "numbers go on");
    }

    #[test]
    fn numbers_wrap() {
        let mut flight = Flight { front: u32::MAX, ..Flight::new(WAIT) };
        let echoes: Vec<Echo> = flight.first_echoes(addresses(2).iter()).collect();
        echoes.iter().for_each(|echo| flight.sent(echo, ms(0)));
        assert_eq!(echoes[1].number, 0);
        assert!(flight.answered(&reply(2, 0, 0), ms(1)).is_some());
        assert!(flight.answered(&reply(1, u32::MAX, 0), ms(1)).is_some());
    }
}
