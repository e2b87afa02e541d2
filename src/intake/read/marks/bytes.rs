//! Numbers in the records of Excel's binary formats. Nothing is read beyond the end.

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(array(bytes, at)?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array(bytes, at)?))
}

pub(super) fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(array(bytes, at)?))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// A number in the short form RK: 30 bits of an integer or of a float, perhaps a hundredfold.
pub(super) fn rk(bits: u32) -> f64 {
    let number = if bits & 2 == 0 {
        f64::from_bits(u64::from(bits & !3) << 32)
    } else {
        // The sign moves with the bits.
        f64::from(i32::from_le_bytes(bits.to_le_bytes()) >> 2)
    };
    if bits & 1 == 0 { number } else { number / 100.0 }
}

/// What Excel shows for the number of an error.
pub(super) fn error_name(number: u8) -> &'static str {
    match number {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        _ => "#GETTING_DATA",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers() {
        assert_eq!(rk(0x0000_0156), 85.0);
        assert_eq!(rk((851 << 2) | 3), 8.51);
        assert_eq!(rk(u32::from_le_bytes((-4_i32).to_le_bytes()) | 2), -1.0);
        assert_eq!(rk(0x3FE0_0000), 0.5);
        assert_eq!(u32_at(&[1, 2, 3], 0), None);
    }
}
