//! PNG files: read with care, since a template may embed any bytes.

use lopdf::{Dictionary, Stream};

use super::tree::Picture;

/// Most pixels of a picture: an A4 page at 300 dots an inch, twice.
const MOST_PIXELS: u64 = 18_000_000;

struct Header {
    width: u32,
    height: u32,
    depth: u8,
    colour: u8,
}

impl Header {
    fn samples(&self) -> usize {
        match self.colour {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        }
    }

    /// Bytes of a row without its filter byte.
    fn row(&self) -> usize {
        (self.width as usize * self.samples() * usize::from(self.depth)).div_ceil(8)
    }
}

/// Decodes standard base64; white space is skipped.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let body: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let padding = body.iter().rev().take_while(|b| **b == b'=').count();
    let digits = body[..body.len() - padding].iter().map(|b| value(*b)).collect::<Option<Vec<_>>>()?;
    if padding > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let quad = |quad: &[u8]| {
        let bits = quad.iter().fold(0u32, |acc, d| acc << 6 | u32::from(*d)) << (6 * (4 - quad.len()));
        bits.to_be_bytes()[1..quad.len()].to_vec()
    };
    Some(digits.chunks(4).flat_map(quad).collect())
}

/// Decodes a PNG of 8 bits a channel (or 1, 2, 4 for grey and palette), not interlaced.
pub(crate) fn decode(png: &[u8]) -> Result<Picture, String> {
    let body = png.strip_prefix(b"\x89PNG\r\n\x1a\n").ok_or("not a PNG file")?;
    let mut header = None;
    let (mut palette, mut clear, mut data) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = body;
    while rest.len() >= 12 {
        let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        let chunk = rest.get(8..8 + length).ok_or("the file is cut short")?;
        match &rest[4..8] {
            b"IHDR" => header = Some(read_header(chunk)?),
            b"PLTE" => palette = chunk.to_vec(),
            b"tRNS" => clear = chunk.to_vec(),
            b"IDAT" => data.extend_from_slice(chunk),
            b"IEND" => break,
            _ => {}
        }
        rest = rest.get(12 + length..).unwrap_or_default();
    }
    let header = header.ok_or("the header is missing")?;
    let rows = unfilter(&header, &inflate(&header, data)?)?;
    Ok(expand(&header, &rows, &palette, &clear))
}

fn read_header(chunk: &[u8]) -> Result<Header, String> {
    let [w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, _, _, interlace] =
        <[u8; 13]>::try_from(chunk).map_err(|_| "the header is damaged")?;
    let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > MOST_PIXELS {
        return Err(format!("{width} by {height} pixels; save it with at most {MOST_PIXELS}"));
    }
    match (interlace, colour, depth) {
        (0, 0 | 3, 1 | 2 | 4 | 8) | (0, 2 | 4 | 6, 8) => Ok(Header { width, height, depth, colour }),
        (0, ..) => Err("save it with 8 bits a channel".into()),
        _ => Err("save it without interlacing".into()),
    }
}

fn inflate(header: &Header, data: Vec<u8>) -> Result<Vec<u8>, String> {
    let size = (header.row() + 1) * header.height as usize;
    let mut dict = Dictionary::new();
    dict.set("Filter", "FlateDecode");
    let stream = Stream::new(dict, data);
    let bytes = stream.decompressed_content_with_limit(size + 64).map_err(|e| e.to_string())?;
    match bytes.len() >= size {
        true => Ok(bytes),
        false => Err("the pixels are cut short".into()),
    }
}

/// Undoes the row filters (PNG specification, section 9).
fn unfilter(header: &Header, data: &[u8]) -> Result<Vec<u8>, String> {
    let row = header.row();
    let back = (header.samples() * usize::from(header.depth)).div_ceil(8);
    let mut out: Vec<u8> = Vec::with_capacity(row * header.height as usize);
    for (y, line) in data.chunks_exact(row + 1).take(header.height as usize).enumerate() {
        let start = y * row;
        for (x, byte) in line[1..].iter().enumerate() {
            let left = if x >= back { out[start + x - back] } else { 0 };
            let up = if y > 0 { out[start + x - row] } else { 0 };
            let corner = if x >= back && y > 0 { out[start + x - row - back] } else { 0 };
            let guess = match line[0] {
                0 => 0,
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => return Err("a row is damaged".into()),
            };
            out.push(byte.wrapping_add(guess));
        }
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let estimate = a + b - c;
    let (da, db, dc) = ((estimate - a).abs(), (estimate - b).abs(), (estimate - c).abs());
    if da <= db && da <= dc {
        left
    } else if db <= dc {
        up
    } else {
        corner
    }
}

fn expand(header: &Header, rows: &[u8], palette: &[u8], clear: &[u8]) -> Picture {
    let (width, height) = (header.width as usize, header.height as usize);
    let depth = usize::from(header.depth);
    let sample = |x: usize, y: usize, channel: usize| {
        let bit = (x * header.samples() + channel) * depth;
        let byte = rows.get(y * header.row() + bit / 8).copied().unwrap_or(0);
        (byte >> (8 - depth - bit % 8)) & (0xFF >> (8 - depth))
    };
    let channels = if matches!(header.colour, 0 | 4) { 1 } else { 3 };
    let mut pixels = Vec::with_capacity(width * height * channels);
    let mut alpha = Vec::with_capacity(width * height);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let first = sample(x, y, 0);
        match header.colour {
            3 => {
                let entry = usize::from(first) * 3;
                pixels.extend((0..3).map(|c| palette.get(entry + c).copied().unwrap_or(0)));
            }
            0 => pixels.push((u16::from(first) * 255 / (0xFF >> (8 - depth))) as u8),
            _ => pixels.extend((0..channels).map(|c| sample(x, y, c))),
        }
        alpha.push(match header.colour {
            3 => clear.get(usize::from(first)).copied().unwrap_or(255),
            4 | 6 => sample(x, y, channels),
            _ => 255,
        });
    }
    Picture {
        width: header.width,
        height: header.height,
        channels: channels as u8,
        pixels,
        alpha: alpha.iter().any(|a| *a < 255).then_some(alpha),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two by two pixels, red, green, blue and half-clear white.
    pub const RGBA: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAE0lEQVR4nGP4z8DwHwSZGCF0AwBBawd99u2XUwAAAABJRU5ErkJggg==";

    #[test]
    fn base64_is_decoded_and_checked() {
        assert_eq!(base64("SGVs bG8h"), Some(b"Hello!".to_vec()));
        assert_eq!(base64("SGVsbG8="), Some(b"Hello".to_vec()));
        assert_eq!(base64("SGVsbA=="), Some(b"Hell".to_vec()));
        for bad in ["S", "SGVsb*8=", "SGVs====", "é"] {
            assert_eq!(base64(bad), None, "{bad}");
        }
        assert_eq!(base64(""), Some(Vec::new()));
    }

    #[test]
    fn pixels_and_opacity_are_told_apart() {
        let picture = decode(&base64(RGBA).expect("base64")).expect("PNG");
        assert_eq!((picture.width, picture.height, picture.channels), (2, 2, 3));
        assert_eq!(picture.pixels, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(picture.alpha, Some(vec![255, 255, 255, 127]));
    }

    #[test]
    fn damaged_files_are_refused_with_a_reason() {
        let png = base64(RGBA).expect("base64");
        assert!(decode(b"GIF89a").is_err());
        for cut in 0..png.len() {
            let _ = decode(&png[..cut]);
        }
        let mut interlaced = png.clone();
        interlaced[28] = 1;
        assert_eq!(decode(&interlaced), Err("save it without interlacing".into()));
    }
}
