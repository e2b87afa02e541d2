//! sRGB colours and the contrast rule that decides which may meet.

/// An sRGB colour, eight bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Colour {
    /// White, the colour of the paper.
    pub const WHITE: Self = Self::hex(0xFFFFFF);
    /// Black.
    pub const BLACK: Self = Self::hex(0);

    /// The colour written `0xRRGGBB`.
    pub const fn hex(rgb: u32) -> Self {
        Self { r: (rgb >> 16) as u8, g: (rgb >> 8) as u8, b: rgb as u8 }
    }

    /// Reads `#rgb`, `#rrggbb`, `black` or `white`; charts need no other names.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "black" => return Some(Self::BLACK),
            "white" => return Some(Self::WHITE),
            _ => {}
        }
        let digits = text.strip_prefix('#')?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(digits, 16).ok()?;
        match digits.len() {
            6 => Some(Self::hex(number)),
            3 => {
                let twice = |shift: u32| ((number >> shift) & 0xF) as u8 * 0x11;
                Some(Self { r: twice(8), g: twice(4), b: twice(0) })
            }
            _ => None,
        }
    }

    /// Contrast ratio with another colour, 1 to 21 (WCAG 2.2, section 1.4.3).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_colours_are_read() {
        assert_eq!(Colour::parse("#005EB8"), Some(Colour::hex(0x005EB8)));
        assert_eq!(Colour::parse("#fff"), Some(Colour::WHITE));
        for bad in ["", "#", "#12", "#12345", "red", "#+12345", "#ÿÿ"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_runs_from_one_to_twenty_one() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 0.01);
        assert!((Colour::WHITE.contrast(Colour::WHITE) - 1.0).abs() < 0.01);
    }
}
