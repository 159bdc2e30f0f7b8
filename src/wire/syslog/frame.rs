//! Messages in a stream: octet counting and trailers (RFC 6587 §3.4), told apart message by message as senders mix them.
//!
//! `N <PRI>…` has N octets (§3.4.1, and RFC 5425 §4.3 over TLS); everything else ends at a line feed or a NUL (§3.4.2). A message may be of any
//! length: what is beyond [`MAX_FRAME`] is passed over and counted, and nothing is kept of it.

/// Octets of one message that are kept before it is cut: the longest line that is read at all is shorter.
pub const MAX_FRAME: usize = 65_536;

/// Digits of a count. RFC 5425 §4.3.1 asks receivers for 8192 octets; a count of a gigabyte is none.
const MOST_DIGITS: usize = 8;

/// A message of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its octets.
    pub octets: &'a [u8],
    /// How many more it had.
    pub over: usize,
}

/// How the message that is being read ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Until {
    /// It is not known yet.
    #[default]
    Begun,
    /// After so many octets more.
    Count(usize),
    /// At a line feed or NUL.
    Trailer,
}

/// Takes a stream apart. Its memory is one message at most.
#[derive(Debug, Default)]
pub struct Framer {
    held: Vec<u8>,
    until: Until,
    /// Octets of the message that were passed over.
    over: usize,
}

impl Framer {
    /// Whether a message has begun and not ended.
    pub fn is_amid(&self) -> bool {
        !self.held.is_empty() || self.until != Until::Begun
    }

    /// Takes what came; `each` gets every message that is whole by now.
    pub fn feed(&mut self, mut octets: &[u8], each: &mut impl FnMut(Frame<'_>)) {
        while !octets.is_empty() {
            octets = match self.until {
                Until::Begun => self.begin(octets),
                Until::Count(left) => self.counted(octets, left, each),
                Until::Trailer => self.trailed(octets, each),
            };
        }
    }

    /// The stream is over; what there is of a last message is one.
    pub fn finish(&mut self, each: &mut impl FnMut(Frame<'_>)) {
        if !self.held.is_empty() {
            self.end(each);
        }
        *self = Self::default();
    }

    /// Looks at the first octets, as many as it takes to see whether they are a count.
    fn begin<'a>(&mut self, octets: &'a [u8]) -> &'a [u8] {
        let [first, rest @ ..] = octets else { return octets };
        match (first, self.held.len()) {
            // Between two messages: trailers that are not needed.
            (b'\n' | b'\r' | 0 | b' ', 0) => return rest,
            (b'1'..=b'9', 0) => self.held.push(*first),
            (b'0'..=b'9', 1..MOST_DIGITS) if self.is_figures() => self.held.push(*first),
            (b' ', 1..) if self.is_figures() => self.held.push(*first),
            // `N <`: a count.
            (b'<', 1..) if self.held.ends_with(b" ") => {
                let count = std::str::from_utf8(&self.held).ok().and_then(|held| held.trim_end().parse::<usize>().ok());
                self.held.clear();
                self.until = count.map_or(Until::Trailer, Until::Count);
                return octets;
            }
            _ => {
                self.until = Until::Trailer;
                return octets;
            }
        }
        rest
    }

    fn is_figures(&self) -> bool {
        self.held.iter().all(u8::is_ascii_digit)
    }

    fn counted<'a>(&mut self, octets: &'a [u8], left: usize, each: &mut impl FnMut(Frame<'_>)) -> &'a [u8] {
        let (part, rest) = octets.split_at(left.min(octets.len()));
        self.keep(part);
        match left - part.len() {
            0 => self.end(each),
            left => self.until = Until::Count(left),
        }
        rest
    }

    fn trailed<'a>(&mut self, octets: &'a [u8], each: &mut impl FnMut(Frame<'_>)) -> &'a [u8] {
        match octets.iter().position(|octet| matches!(octet, b'\n' | 0)) {
            Some(at) => {
                let (part, rest) = octets.split_at(at);
                self.keep(part);
                self.end(each);
                rest.get(1..).unwrap_or_default()
            }
            None => {
                self.keep(octets);
                &[]
            }
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let room = MAX_FRAME.saturating_sub(self.held.len()).min(part.len());
        let (kept, over) = part.split_at(room);
        self.held.extend_from_slice(kept);
        self.over += over.len();
    }

    fn end(&mut self, each: &mut impl FnMut(Frame<'_>)) {
        each(Frame { octets: &self.held, over: self.over });
        self.held.clear();
        // One long message is no reason to hold as much for ever.
        self.held.shrink_to(MAX_FRAME / 16);
        (self.until, self.over) = (Until::Begun, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a stream comes to when it comes in parts of this length.
    fn messages(stream: &[u8], part: usize) -> Vec<(Vec<u8>, usize)> {
        let (mut framer, mut got) = (Framer::default(), Vec::new());
        let mut each = |frame: Frame<'_>| got.push((frame.octets.to_vec(), frame.over));
        for part in stream.chunks(part.max(1)) {
            framer.feed(part, &mut each);
        }
        framer.finish(&mut each);
        got
    }

    fn check(stream: &[u8], expected: &[&[u8]]) {
        for part in [1, 2, 3, 7, stream.len()] {
            let got: Vec<Vec<u8>> = messages(stream, part).into_iter().map(|(octets, _)| octets).collect();
            assert_eq!(got, expected, "{:?} in parts of {part}", String::from_utf8_lossy(stream));
        }
    }

    #[test]
    fn messages_are_counted_or_end_at_a_trailer_each_as_it_comes() {
        check(b"5 <1>ab6 <2>abc", &[b"<1>ab", b"<2>abc"]);
        check(b"<1>ab\n<2>cd\n", &[b"<1>ab", b"<2>cd"]);
        check(b"<1>ab\0<2>cd\r\n\n", &[b"<1>ab", b"<2>cd\r"]);
        check(b"<1>ab\n6 <2>\nabc\n<3>x", &[b"<1>ab", b"<2>\nab", b"c", b"<3>x"]);
        check(b"7 <2>\nabc\n<3>x\n", &[b"<2>\nabc", b"<3>x"]);
        // rsyslog's own trailer behind a counted message.
        check(b"5 <1>ab\n5 <1>cd\n", &[b"<1>ab", b"<1>cd"]);
        check(b"", &[]);
        check(b"\n\n\0 ", &[]);
    }

    #[test]
    fn what_begins_with_figures_and_is_no_count_is_text() {
        check(b"123: core-1: %SYS-5-CONFIG_I\n", &[b"123: core-1: %SYS-5-CONFIG_I"]);
        check(b"2026 Nov 22 <x>\nb\n", &[b"2026 Nov 22 <x>", b"b"]);
        check(b"12 <1>ab", &[b"<1>ab"]);
        check(b"0 <1>ab\n", &[b"0 <1>ab"]);
        check(b"99999999999999999999 <1>ab\n<2>c\n", &[b"99999999999999999999 <1>ab", b"<2>c"]);
        check(b"12", &[b"12"]);
        check(b"12 ", &[b"12 "]);
    }

    #[test]
    fn a_line_without_end_is_cut_and_what_is_beyond_is_passed_over() {
        let mut stream = vec![b'x'; 3 * MAX_FRAME];
        stream.extend_from_slice(b"\n<1>next\n");
        let got = messages(&stream, 4096);
        assert_eq!((got[0].0.len(), got[0].1), (MAX_FRAME, 2 * MAX_FRAME));
        assert_eq!(got[1], (b"<1>next".to_vec(), 0));
        // A huge count.
        let mut stream = b"9999999 <1>".to_vec();
        stream.resize(stream.len() + 9_999_999 - 3, b'y');
        stream.extend_from_slice(b"<1>next\n");
        let got = messages(&stream, 60_000);
        assert_eq!((got[0].0.len(), got[0].1), (MAX_FRAME, 9_999_999 - MAX_FRAME));
        assert_eq!(got[1], (b"<1>next".to_vec(), 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_parts_in_which_a_stream_comes_make_no_difference(
            stream in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), Just(b'<'), Just(b'>'), b'0'..=b'9', any::<u8>()], 0..300),
            part in 1usize..20,
        ) {
            prop_assert_eq!(messages(&stream, part), messages(&stream, stream.len()));
        }

        #[test]
        fn counted_messages_come_whole_whatever_they_hold(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..10), part in 1usize..40) {
            let bodies: Vec<Vec<u8>> = bodies.into_iter().map(|body| [b"<13>".to_vec(), body].concat()).collect();
            let stream: Vec<u8> = bodies.iter().flat_map(|body| [format!("{} ", body.len()).into_bytes(), body.clone()].concat()).collect();
            let got: Vec<Vec<u8>> = messages(&stream, part).into_iter().map(|(octets, _)| octets).collect();
            prop_assert_eq!(got, bodies);
        }
    }
}
