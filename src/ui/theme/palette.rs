//! The colours of the themes that come with noctop: a scale of utilisation each, and what each meaning looks like.

use super::{Hue, Tone, UTILISATION_STEPS};
use ratatui::style::Color;

pub(super) const DARK_SCALE: [Hue; UTILISATION_STEPS] = [
    Hue(0x56_60_76, Color::DarkGray),
    Hue(0x3f_74_ba, Color::Blue),
    Hue(0x35_90_c8, Color::LightBlue),
    Hue(0x30_a8_98, Color::Cyan),
    Hue(0x74_b0_52, Color::Green),
    Hue(0xc0_aa_40, Color::Yellow),
    Hue(0xec_a0_44, Color::LightYellow),
    Hue(0xff_98_98, Color::LightRed),
];

pub(super) const LIGHT_SCALE: [Hue; UTILISATION_STEPS] = [
    Hue(0xa8_b0_bc, Color::Gray),
    Hue(0x6f_a3_d8, Color::LightBlue),
    Hue(0x3c_92_c4, Color::Cyan),
    Hue(0x1f_86_7c, Color::Cyan),
    Hue(0x3a_78_2c, Color::Green),
    Hue(0x82_5c_00, Color::Yellow),
    Hue(0xa0_40_08, Color::Red),
    Hue(0xa8_10_20, Color::LightRed),
];

/// Blue to yellow: told apart without red and green.
pub(super) const DEUTERANOPIA_SCALE: [Hue; UTILISATION_STEPS] = [
    Hue(0x46_4e_60, Color::DarkGray),
    Hue(0x35_5f_a5, Color::Blue),
    Hue(0x4a_7a_c4, Color::LightBlue),
    Hue(0x5f_95_c8, Color::Cyan),
    Hue(0x96_a4_b0, Color::Gray),
    Hue(0xc4_b0_6a, Color::Yellow),
    Hue(0xe4_c0_48, Color::LightYellow),
    Hue(0xff_e0_6a, Color::White),
];

/// Grey to red over teal: told apart without blue and yellow.
pub(super) const TRITANOPIA_SCALE: [Hue; UTILISATION_STEPS] = [
    Hue(0x46_50_56, Color::DarkGray),
    Hue(0x2f_6c_78, Color::Blue),
    Hue(0x2c_8a_94, Color::Cyan),
    Hue(0x52_a6_aa, Color::LightCyan),
    Hue(0x9c_b0_b4, Color::Gray),
    Hue(0xd8_a8_a8, Color::LightMagenta),
    Hue(0xf4_ac_ac, Color::LightRed),
    Hue(0xff_c8_c8, Color::White),
];

pub(super) const fn dark_foreground(tone: Tone) -> Option<Hue> {
    Some(match tone {
        Tone::Text | Tone::Selected => return None,
        Tone::Strong => Hue(0xf2_f5_fa, Color::White),
        Tone::Dim => Hue(0x8b_95_a7, Color::Gray),
        Tone::Faint => Hue(0x3d_45_55, Color::DarkGray),
        Tone::Border => Hue(0x4a_56_6b, Color::DarkGray),
        Tone::BorderFocus => Hue(0x5f_a8_e0, Color::Cyan),
        Tone::Title => Hue(0xd8_e2_f0, Color::White),
        Tone::Accent => Hue(0x5f_b8_e8, Color::LightCyan),
        Tone::Header => Hue(0x7f_9c_c0, Color::Cyan),
        Tone::Key => Hue(0xf0_c6_5a, Color::Yellow),
        Tone::Critical | Tone::Fault => Hue(0xff_6b_6b, Color::LightRed),
        Tone::Major => Hue(0xff_a0_4d, Color::LightMagenta),
        Tone::Minor => Hue(0xf0_d0_5a, Color::Yellow),
        Tone::Ok | Tone::Live => Hue(0x6c_cb_7f, Color::Green),
        Tone::Unknown => Hue(0xa7_8b_d8, Color::Magenta),
        Tone::Maintenance => Hue(0x6a_9f_d8, Color::LightBlue),
        Tone::In => Hue(0x4f_c3_b0, Color::Cyan),
        Tone::Out => Hue(0x8f_9c_f0, Color::LightBlue),
        Tone::Match | Tone::Paused => Hue(0x16_1a_22, Color::Black),
        Tone::Past => Hue(0xf0_b4_5a, Color::Yellow),
        Tone::Tab => Hue(0xff_ff_ff, Color::White),
    })
}

pub(super) const fn light_foreground(tone: Tone) -> Option<Hue> {
    Some(match tone {
        Tone::Text | Tone::Selected => return None,
        Tone::Strong | Tone::Title => Hue(0x10_18_24, Color::Black),
        Tone::Dim => Hue(0x5c_66_78, Color::DarkGray),
        Tone::Faint => Hue(0xc4_cc_d8, Color::Gray),
        Tone::Border => Hue(0xa0_aa_ba, Color::Gray),
        Tone::BorderFocus => Hue(0x1f_6f_b5, Color::Blue),
        Tone::Accent => Hue(0x0f_60_a8, Color::Blue),
        Tone::Header => Hue(0x3c_5a_88, Color::Blue),
        Tone::Key => Hue(0x8a_4b_00, Color::Magenta),
        Tone::Critical | Tone::Fault => Hue(0xb8_10_20, Color::Red),
        Tone::Major => Hue(0xb0_50_00, Color::Magenta),
        Tone::Minor => Hue(0x86_62_00, Color::Yellow),
        Tone::Ok | Tone::Live => Hue(0x1c_75_34, Color::Green),
        Tone::Unknown => Hue(0x6a_45_a8, Color::Magenta),
        Tone::Maintenance => Hue(0x1f_60_a8, Color::Blue),
        Tone::In => Hue(0x0f_7a_6c, Color::Cyan),
        Tone::Out => Hue(0x40_48_b8, Color::Blue),
        Tone::Match | Tone::Paused => Hue(0x16_1a_22, Color::Black),
        Tone::Past => Hue(0x8a_4b_00, Color::Yellow),
        Tone::Tab => Hue(0xff_ff_ff, Color::White),
    })
}

pub(super) const fn deuteranopia_foreground(tone: Tone) -> Option<Hue> {
    Some(match tone {
        Tone::Critical | Tone::Fault => Hue(0xff_e0_6a, Color::LightYellow),
        Tone::Major => Hue(0xe0_a0_40, Color::Yellow),
        Tone::Minor => Hue(0xb8_a8_80, Color::Gray),
        Tone::Ok | Tone::Live => Hue(0x5f_9c_e8, Color::LightBlue),
        Tone::In => Hue(0x5f_b0_f0, Color::LightCyan),
        Tone::Out => Hue(0xe4_c0_68, Color::LightYellow),
        other => return dark_foreground(other),
    })
}

pub(super) const fn tritanopia_foreground(tone: Tone) -> Option<Hue> {
    Some(match tone {
        Tone::Critical | Tone::Fault => Hue(0xff_7a_7a, Color::LightRed),
        Tone::Major => Hue(0xf4_b0_c0, Color::LightMagenta),
        Tone::Minor | Tone::Key | Tone::Past => Hue(0xd8_d0_d8, Color::White),
        Tone::Ok | Tone::Live => Hue(0x4f_c8_c0, Color::Cyan),
        Tone::Unknown => Hue(0xb0_98_a0, Color::Gray),
        Tone::Maintenance => Hue(0x8f_a8_b0, Color::Gray),
        Tone::Out => Hue(0xf0_98_a0, Color::LightRed),
        other => return dark_foreground(other),
    })
}
