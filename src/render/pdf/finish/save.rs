//! The object tree to bytes.
//!
//! A stream whose last byte is a carriage return cannot be told from one that is a byte shorter and
//! followed by a two-byte line end; strict readers object to its length. One compressed stream in
//! 256 ends so by chance, and such streams are written in another way.

use lopdf::{Document, Object, SaveOptions};

use super::super::error::RenderError;
use super::fault;

/// Most objects in an object stream; if one of the streams ends badly, one stream more is tried.
const TOGETHER: usize = 3000;
const TRIES: usize = 40;

/// Compresses and writes the file.
pub(super) fn save(mut file: Document) -> Result<Vec<u8>, RenderError> {
    file.compress();
    file.objects.values_mut().for_each(respell);
    let (max_id, trailer) = (file.max_id, file.trailer.clone());
    let mut bytes = Vec::new();
    let count = file.objects.len();
    let fewest = count.div_ceil(TOGETHER).max(1);
    for streams in fewest..fewest + TRIES {
        bytes.clear();
        (file.max_id, file.trailer) = (max_id, trailer.clone());
        let options = SaveOptions::builder()
            .use_object_streams(true)
            .use_xref_streams(true)
            .max_objects_per_stream(count.div_ceil(streams).max(1))
            .compression_level(9)
            .build();
        file.save_with_options(&mut bytes, options).map_err(fault)?;
        if !is_ambiguous(&bytes) {
            break;
        }
    }
    Ok(bytes)
}

/// Writes a compressed stream that ends in a carriage return in hexadecimal digits.
fn respell(object: &mut Object) {
    let Object::Stream(stream) = object else {
        return;
    };
    if stream.content.last() != Some(&b'\r') || stream.dict.get(b"Filter").and_then(Object::as_name).is_err()
    {
        return;
    }
    let name = |text: &str| Object::Name(text.as_bytes().to_vec());
    let digits = stream.content.iter().flat_map(|byte| format!("{byte:02X}").into_bytes());
    let content = digits.chain([b'>']).collect();
    stream.dict.set("Filter", vec![name("ASCIIHexDecode"), name("FlateDecode")]);
    stream.set_content(content);
}

fn is_ambiguous(bytes: &[u8]) -> bool {
    const END: &[u8] = b"\r\nendstream";
    bytes.windows(END.len()).any(|window| window == END)
}

#[cfg(test)]
mod tests {
    use lopdf::{Dictionary, Stream};

    use super::*;

    #[test]
    fn no_stream_ends_in_a_carriage_return() {
        let words =
            |n: u8| "some words that are long enough to be compressed".repeat(9) + &"!".repeat(n.into());
        let ends_badly = |n: &u8| {
            let mut stream = Stream::new(Dictionary::new(), words(*n).into_bytes());
            stream.compress().expect("compresses");
            stream.content.last() == Some(&b'\r')
        };
        let n = (0..=255).find(ends_badly).expect("one in 256");
        let mut file = Document::with_version("1.7");
        let id = file.add_object(Stream::new(Dictionary::new(), words(n).into_bytes()));
        let bytes = save(file).expect("saves");
        assert!(!is_ambiguous(&bytes));
        let hex = |window: &[u8]| window == b"/ASCIIHexDecode";
        assert!(bytes.windows(15).any(hex), "{id:?}");
    }
}
