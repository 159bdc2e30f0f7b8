//! What is wrong in a scenario, and when.

use serde::Deserialize;

/// Something that is wrong. Times count back from the scenario's moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ConditionFile {
    /// A link carries so much of its speed.
    Hot {
        /// Its two devices
        link: [String; 2],
        /// Which of parallel links, from 0
        #[serde(default)]
        member: usize,
        /// Per cent of the speed from the first to the second device
        forth: f64,
        /// Per cent of the speed from the second to the first
        back: f64,
        /// Since when
        since: String,
    },
    /// A path carries more than usual.
    Surge {
        /// Devices, from where it comes to where it goes
        path: Vec<String>,
        /// bit/s more along the path, as `600M`
        forth: String,
        /// bit/s more the other way
        back: String,
        /// Since when
        since: String,
    },
    /// A link is down.
    Down {
        /// Its two devices
        link: [String; 2],
        /// Which of parallel links, from 0
        #[serde(default)]
        member: usize,
        /// Since when
        since: String,
    },
    /// A link goes down and up.
    Flap {
        /// Its two devices
        link: [String; 2],
        /// Since when
        since: String,
        /// From one fall to the next
        every: String,
        /// How long each time
        down: String,
    },
    /// A device is silent.
    Dead {
        /// Which
        device: String,
        /// Since when
        since: String,
    },
    /// A device restarted.
    Reboot {
        /// Which
        device: String,
        /// When it was back
        since: String,
        /// How long it was away
        took: String,
    },
    /// A device was away, and what is reached through it alone was not reached.
    Cut {
        /// Which
        device: String,
        /// What is not reached for want of it; by default all that is reached through it alone
        #[serde(default)]
        behind: Vec<String>,
        /// When it was away
        since: String,
        /// For how long
        took: String,
    },
    /// A device says something now and then for a while.
    Says {
        /// Which
        device: String,
        /// Since when
        since: String,
        /// For how long; empty is until now and on
        #[serde(default)]
        took: String,
        /// How often
        every: String,
        /// RFC 5424 §6.2.1
        severity: u8,
        /// The program, or the facility of a mnemonic
        app: String,
        /// The mnemonic or the message id
        #[serde(default)]
        id: String,
        /// What it says; `{n}` is a number that differs each time
        text: String,
    },
    /// A device sends a notification now and then for a while.
    Notifies {
        /// Which
        device: String,
        /// Since when
        since: String,
        /// For how long; empty is until now and on
        #[serde(default)]
        took: String,
        /// How often
        every: String,
        /// Its name, as a MIB has it, or its number where none has it
        notification: String,
        /// What comes with it
        #[serde(default)]
        binds: Vec<BindFile>,
    },
    /// A port counts errors or discards.
    Faulty {
        /// Which device
        device: String,
        /// ifName
        port: String,
        /// ifInErrors a second
        #[serde(default)]
        errors: f64,
        /// ifOutDiscards a second
        #[serde(default)]
        discards: f64,
        /// ifAlias instead of the usual one
        alias: Option<String>,
    },
    /// A port is down that should be up.
    Fallen {
        /// Which device
        device: String,
        /// ifName
        port: String,
        /// ifAlias instead of the usual one
        alias: Option<String>,
        /// Since when
        since: String,
    },
    /// A port can't feed what is plugged in.
    Unfed {
        /// Which device
        device: String,
        /// ifName
        port: String,
        /// Whether it draws too much, or there is not enough power
        why: Unfed,
    },
    /// Little light reaches a port.
    Dim {
        /// Which device
        device: String,
        /// ifName
        port: String,
        /// What is received, dBm
        dbm: f64,
    },
    /// A part failed, or was taken out.
    Broken {
        /// Which device
        device: String,
        /// entPhysicalName
        part: String,
        /// Taken out
        #[serde(default)]
        absent: bool,
    },
}

/// What comes with a notification.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindFile {
    /// Its object's name, or its number
    pub object: String,
    /// Its instance
    #[serde(default)]
    pub index: Vec<u32>,
    /// An INTEGER
    pub number: Option<i64>,
    /// An OCTET STRING
    pub text: Option<String>,
}

/// Why a port feeds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unfed {
    /// What is plugged in draws too much: pethPsePortDetectionStatus fault
    Overload,
    /// There is not enough power: pethPsePortDetectionStatus otherFault
    Denied,
}
