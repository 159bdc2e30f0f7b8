//! The expression as it was written.

/// Where a piece of the expression stands, in characters from 0. Two expressions are equal wherever they were written.
#[derive(Clone, Copy, Debug, Default)]
pub struct At(pub usize);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

/// A filter expression. `And` of nothing matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// Any of these.
    Or(Vec<Expr>),
    /// All of these.
    And(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// One test.
    Term(Term, At),
}

/// One test of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// Any text column contains it.
    Word(String),
    /// Any text column matches the regular expression.
    Regex(String),
    /// A field compared with a value; the last is where the value stands.
    Compare(String, Op, String, At),
    /// nfdump's and tcpdump's way of saying it: `src host 10.0.0.1`, `port 443`.
    Habit(Option<Side>, Habit, String, At),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `:` contains, or is within for addresses
    Has,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `~` regular expression
    Matches,
}

impl Op {
    /// All with their signs, the longer sign first, so that the first that fits is the right one.
    pub const SIGNS: [(&'static str, Self); 8] = [
        ("!=", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        (":", Self::Has),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
        ("~", Self::Matches),
    ];

    /// The same comparison of two figures that change sides.
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }

    /// The sign.
    pub fn sign(self) -> &'static str {
        Self::SIGNS.iter().find(|(_, op)| *op == self).map_or(":", |(sign, _)| sign)
    }
}

/// Which side of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `src`
    Src,
    /// `dst`
    Dst,
}

/// What a tcpdump-like term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// `host`
    Host,
    /// `net`
    Net,
    /// `port`
    Port,
    /// `as`
    As,
    /// `proto`
    Proto,
}

impl Side {
    /// Both, with their words.
    pub const WORDS: [(&'static str, Self); 2] = [("src", Self::Src), ("dst", Self::Dst)];

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Src => "src",
            Self::Dst => "dst",
        }
    }
}

impl Habit {
    /// All, with their words.
    pub const WORDS: [(&'static str, Self); 5] =
        [("host", Self::Host), ("net", Self::Net), ("port", Self::Port), ("as", Self::As), ("proto", Self::Proto)];

    /// The word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, habit)| *habit == self).map_or("host", |(word, _)| word)
    }

    /// The field that is meant.
    pub const fn field(self, side: Option<Side>) -> &'static str {
        match (side, self) {
            (Some(Side::Src), Self::Host | Self::Net) => "src",
            (Some(Side::Dst), Self::Host | Self::Net) => "dst",
            (Some(Side::Src), Self::Port) => "srcport",
            (Some(Side::Dst), Self::Port) => "dstport",
            (Some(Side::Src), Self::As) => "srcas",
            (Some(Side::Dst), Self::As) => "dstas",
            (None, Self::Host) => "host",
            (None, Self::Net) => "net",
            (None, Self::Port) => "port",
            (None, Self::As) => "as",
            (_, Self::Proto) => "proto",
        }
    }
}
