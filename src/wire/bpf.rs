//! Filter programs for the kernel (classic BPF): which frames are wanted, and how many octets of them.
//!
//! A program may let through more than is wanted, never less: who reads the frames looks again. So whatever a program can't tell (a frame
//! that is no plain IP, an IPv6 extension header, a test that is not of addresses, ports and protocol) is let through. Loads are relative to
//! the network header, which the kernel knows whatever stands before it (<linux/filter.h>, SKF_NET_OFF).

use ipnet::IpNet;

/// A step: code, jumps where the comparison holds and where not, constant.
pub type Step = (u16, u8, u8, u32);

/// Loads of a word, of half of one, of an octet; of half a word behind IPv4's options; of the length of IPv4's head.
const LOAD_WORD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_OCTET: u16 = 0x30;
const LOAD_HALF_BEHIND: u16 = 0x48;
const HEAD_LENGTH: u16 = 0xb1;
const AND: u16 = 0x54;
const EQUAL: u16 = 0x15;
const ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

/// SKF_NET_OFF and SKF_AD_OFF + SKF_AD_PROTOCOL, as unsigned numbers.
const NETWORK: u32 = (-0x0010_0000_i32).cast_unsigned();
const PROTOCOL: u32 = (-0x1000_i32).cast_unsigned();

const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;

/// Protocols with ports where UDP has them.
const PORTED: [u8; 5] = [6, 17, 33, 132, 136];

/// ICMP's are written as ports too, so that a program leaves the question to who reads.
const ICMP: [u8; 2] = [1, 58];

/// Next headers behind which another head of IPv6 stands.
const EXTENSIONS: [u8; 7] = [0, 43, 44, 51, 60, 135, 139];

/// Steps of a program: jumps reach no further than an octet says.
const MOST_STEPS: usize = 255;

/// Which ends of a packet are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The source.
    Src,
    /// The destination.
    Dst,
    /// Either.
    Any,
}

/// What a frame is tested for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// All of these.
    And(Vec<Test>),
    /// Any of these.
    Or(Vec<Test>),
    /// Not this.
    Not(Box<Test>),
    /// An address within a network.
    Net(End, IpNet),
    /// One of these ports.
    Ports(End, Vec<u16>),
    /// What IP carries.
    Protocol(u8),
    /// It can't be told from a frame's head.
    Unknown,
}

/// Lets everything through, and so many octets of it.
pub fn heads(octets: u32) -> Vec<Step> {
    vec![(RETURN, 0, 0, octets)]
}

/// Lets through, whole up to `octets`, what may pass the test. Tests that make too long a program let everything through.
pub fn program(test: &Test, octets: u32) -> Vec<Step> {
    choose(test, (octets, 0, octets))
}

/// So many octets of what passes the test, of what does not, and of what can't be told. Of all as much where the program is too long.
pub fn choose(test: &Test, (passes, fails, unknown): (u32, u32, u32)) -> Vec<Step> {
    let mut builder = Builder::default();
    let [take, drop, unsure, four, six] = std::array::from_fn(|_| builder.label());
    builder.load(LOAD_HALF_OF_PROTOCOL, PROTOCOL);
    let not_four = builder.label();
    builder.branch((EQUAL, IPV4), (four, not_four));
    builder.here(not_four);
    builder.branch((EQUAL, IPV6), (six, unsure));
    for (family, begins) in [(Family::V4, four), (Family::V6, six)] {
        builder.here(begins);
        if family == Family::V6 {
            builder.load(LOAD_OCTET, NETWORK + 6);
            builder.any_of(&EXTENSIONS, unsure);
        }
        builder.test(test, family, (take, drop, unsure));
    }
    for (label, octets) in [(take, passes), (drop, fails), (unsure, unknown)] {
        builder.here(label);
        builder.load(RETURN, octets);
    }
    builder.finish().unwrap_or_else(|| heads(passes.max(unknown)))
}

/// The protocol is loaded as a word.
const LOAD_HALF_OF_PROTOCOL: u16 = LOAD_WORD;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

/// A place in the program that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Label(usize);

/// Where to go on: the test holds, it does not, it can't be told.
type Ways = (Label, Label, Label);

/// A step before its jumps are counted: code, operand, and where to go on.
type Written = (u16, u32, Option<(Label, Label)>);

#[derive(Debug, Default)]
struct Builder {
    steps: Vec<Written>,
    places: Vec<usize>,
}

impl Builder {
    fn label(&mut self) -> Label {
        self.places.push(usize::MAX);
        Label(self.places.len() - 1)
    }

    fn here(&mut self, label: Label) {
        let at = self.steps.len();
        if let Some(place) = self.places.get_mut(label.0) {
            *place = at;
        }
    }

    fn load(&mut self, code: u16, k: u32) {
        self.steps.push((code, k, None));
    }

    fn branch(&mut self, (code, k): (u16, u32), ways: (Label, Label)) {
        self.steps.push((code, k, Some(ways)));
    }

    /// Where the loaded value is one of these.
    fn any_of<N: Copy + Into<u32>>(&mut self, values: &[N], found: Label) {
        for value in values {
            let next = self.label();
            self.branch((EQUAL, (*value).into()), (found, next));
            self.here(next);
        }
    }

    fn test(&mut self, test: &Test, family: Family, (yes, no, unknown): Ways) {
        match test {
            Test::And(parts) => {
                for part in parts {
                    let next = self.label();
                    self.test(part, family, (next, no, unknown));
                    self.here(next);
                }
                self.go(yes);
            }
            Test::Or(parts) => {
                for part in parts {
                    let next = self.label();
                    self.test(part, family, (yes, next, unknown));
                    self.here(next);
                }
                self.go(no);
            }
            Test::Not(inner) => self.test(inner, family, (no, yes, unknown)),
            Test::Unknown => self.go(unknown),
            Test::Protocol(protocol) => {
                self.load(LOAD_OCTET, NETWORK + if family == Family::V4 { 9 } else { 6 });
                self.branch((EQUAL, u32::from(*protocol)), (yes, no));
            }
            Test::Net(end, net) => {
                self.either(*end, (yes, no), |builder, is_src, ways| builder.net((*net, is_src), family, ways))
            }
            Test::Ports(end, ports) => self.ports((*end, ports), family, (yes, no, unknown)),
        }
    }

    /// Both ways of a comparison lead to one place.
    fn go(&mut self, to: Label) {
        self.branch((EQUAL, 0), (to, to));
    }

    fn either(&mut self, end: End, (yes, no): (Label, Label), mut test: impl FnMut(&mut Self, bool, (Label, Label))) {
        match end {
            End::Src => test(self, true, (yes, no)),
            End::Dst => test(self, false, (yes, no)),
            End::Any => {
                let next = self.label();
                test(self, true, (yes, next));
                self.here(next);
                test(self, false, (yes, no));
            }
        }
    }

    fn net(&mut self, (net, is_src): (IpNet, bool), family: Family, (yes, no): (Label, Label)) {
        let at = |four: [u32; 2], six: [u32; 2]| NETWORK + if family == Family::V4 { four } else { six }[usize::from(!is_src)];
        let words: Vec<(u32, u32, u32)> = match (net, family) {
            (IpNet::V4(net), Family::V4) => vec![(at([12, 16], [0; 2]), net.netmask().to_bits(), net.network().to_bits())],
            (IpNet::V6(net), Family::V6) => {
                let (mask, address) = (net.netmask().to_bits().to_be_bytes(), net.network().to_bits().to_be_bytes());
                let words =
                    |octets: [u8; 16]| octets.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word)).collect::<Vec<_>>();
                let places = (0..4).map(|word| at([0; 2], [8, 24]) + 4 * word);
                places.zip(words(mask)).zip(words(address)).map(|((place, mask), value)| (place, mask, value)).collect()
            }
            _ => return self.go(no),
        };
        for (place, mask, value) in words.into_iter().filter(|(_, mask, _)| *mask != 0) {
            let next = self.label();
            self.load(LOAD_WORD, place);
            self.load(AND, mask);
            self.branch((EQUAL, value), (next, no));
            self.here(next);
        }
        self.go(yes);
    }

    fn ports(&mut self, (end, ports): (End, &[u16]), family: Family, (yes, no, unknown): Ways) {
        let ported = self.label();
        self.load(LOAD_OCTET, NETWORK + if family == Family::V4 { 9 } else { 6 });
        self.any_of(&PORTED, ported);
        self.any_of(&ICMP, unknown);
        self.go(no);
        self.here(ported);
        if family == Family::V4 {
            // Behind the first fragment there are no ports.
            let whole = self.label();
            self.load(LOAD_HALF, NETWORK + 6);
            self.branch((ANY_BIT, 0x1fff), (no, whole));
            self.here(whole);
            self.load(HEAD_LENGTH, NETWORK);
        }
        self.either(end, (yes, no), |builder, is_src, ways| {
            let offset = if is_src { 0 } else { 2 };
            match family {
                Family::V4 => builder.load(LOAD_HALF_BEHIND, NETWORK + offset),
                Family::V6 => builder.load(LOAD_HALF, NETWORK + 40 + offset),
            }
            builder.any_of(ports, ways.0);
            builder.go(ways.1);
        });
    }

    /// Jumps count the steps that are passed over. `None` where one is too far.
    fn finish(self) -> Option<Vec<Step>> {
        if self.steps.len() > MOST_STEPS {
            return None;
        }
        let far = |from: usize, to: Label| u8::try_from(self.places.get(to.0)?.checked_sub(from + 1)?).ok();
        let step = |(at, (code, k, ways)): (usize, &Written)| match ways {
            Some((yes, no)) => Some((*code, far(at, *yes)?, far(at, *no)?, *k)),
            None => Some((*code, 0, 0, *k)),
        };
        self.steps.iter().enumerate().map(step).collect()
    }
}
