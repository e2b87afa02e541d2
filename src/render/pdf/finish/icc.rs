//! The colour profile of the output intent: sRGB, written from its published numbers.
//!
//! Matrix and curve after IEC 61966-2-1, adapted to D50 as ICC.1:2010 (version 4) asks.

use lopdf::{Document, ObjectId, Stream, dictionary};

use super::text::string;

/// Columns of the matrix and the white point, in 1/65536.
const WHITE: [i32; 3] = [0xF6D6, 0x1_0000, 0xD32D];
const RED: [i32; 3] = [0x6FA2, 0x38F5, 0x0390];
const GREEN: [i32; 3] = [0x6299, 0xB785, 0x18DA];
const BLUE: [i32; 3] = [0x24A0, 0x0F84, 0xB6CF];
/// Bradford adaptation from D65 to D50.
const ADAPTATION: [i32; 9] = [0x1_0C42, 0x05DE, -0x0CDC, 0x0793, 0xFD8F, -0x045A, -0x025D, 0x03D9, 0xC06C];
/// Gamma, a, b, c, d of the curve (a·x + b)^gamma above d and c·x below.
const CURVE: [i32; 5] = [0x2_6666, 0xF2A7, 0x0D59, 0x13D0, 0x0A5B];

/// Adds profile and intent; returns the intent.
pub(super) fn write(file: &mut Document) -> ObjectId {
    let dict = dictionary! { "N" => 3, "Alternate" => "DeviceRGB" };
    let profile = file.add_object(Stream::new(dict, profile()));
    file.add_object(dictionary! {
        "Type" => "OutputIntent",
        "S" => "GTS_PDFA1",
        "OutputConditionIdentifier" => string("sRGB IEC61966-2.1"),
        "RegistryName" => string("http://www.color.org"),
        "Info" => string("sRGB IEC61966-2.1"),
        "DestOutputProfile" => profile,
    })
}

fn profile() -> Vec<u8> {
    let curve = [b"para\0\0\0\0\0\x03\0\0".to_vec(), fixed(&CURVE)].concat();
    let xyz = |values: &[i32; 3]| [b"XYZ \0\0\0\0".to_vec(), fixed(values)].concat();
    let tags: [(&[u8; 4], Vec<u8>); 10] = [
        (b"desc", words("sRGB")),
        (b"cprt", words("No copyright, use freely")),
        (b"wtpt", xyz(&WHITE)),
        (b"chad", [b"sf32\0\0\0\0".to_vec(), fixed(&ADAPTATION)].concat()),
        (b"rXYZ", xyz(&RED)),
        (b"gXYZ", xyz(&GREEN)),
        (b"bXYZ", xyz(&BLUE)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    for (name, content) in &tags {
        table.extend_from_slice(*name);
        table.extend(((start + data.len()) as u32).to_be_bytes());
        table.extend((content.len() as u32).to_be_bytes());
        data.extend_from_slice(content);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let size = (start + data.len()) as u32;
    [header(size), table, data].concat()
}

fn header(size: u32) -> Vec<u8> {
    let mut header = vec![0; 128];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &size.to_be_bytes());
    put(8, &[4, 0x20, 0, 0]);
    put(12, b"mntrRGB XYZ ");
    // A fixed day: the profile is the same in every document.
    put(24, &[0x07, 0xEA, 0, 1, 0, 1]);
    put(36, b"acsp");
    put(68, &fixed(&WHITE));
    header
}

fn fixed(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn words(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let head = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenGB".to_vec();
    let length = (units.len() as u32).to_be_bytes().to_vec();
    [head, length, 28u32.to_be_bytes().to_vec(), units].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_says_its_own_size_and_its_colours_add_up_to_white() {
        let bytes = profile();
        assert_eq!(bytes[..4], (bytes.len() as u32).to_be_bytes());
        assert_eq!(bytes.len() % 4, 0);
        for i in 0..3 {
            assert!((RED[i] + GREEN[i] + BLUE[i] - WHITE[i]).abs() <= 16, "row {i}");
        }
    }
}
