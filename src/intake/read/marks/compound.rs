//! A stream out of a compound file (MS-CFB): sectors that follow each other by a table of what comes next.

use super::bytes::{u16_at, u32_at};

/// Sector numbers from here on say something else than where a sector is.
const NO_SECTOR: u32 = 0xFFFF_FFFA;
/// Streams below this size lie in small sectors within the stream of the root.
const SMALL: usize = 4096;
const SMALL_SECTOR: usize = 64;

/// The bytes of the first of the named streams; nothing if the file has none of them or is damaged.
pub(super) fn stream(file: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let shift = u16_at(file, 30)?;
    let size = 1_usize.checked_shl(u32::from(shift)).filter(|size| (512..=4096).contains(size))?;
    let sectors = Sectors { bytes: file.get(size..)?, size };
    let table = table(file, &sectors)?;
    let directory = sectors.chain(u32_at(file, 48)?, &table, usize::MAX)?;
    let entries: Vec<Entry> = directory.chunks_exact(128).filter_map(Entry::of).collect();
    let entry = names.iter().find_map(|name| entries.iter().find(|e| e.name.eq_ignore_ascii_case(name)))?;
    if entry.length >= SMALL {
        return sectors.chain(entry.start, &table, entry.length);
    }
    let root = entries.first()?;
    let small = sectors.chain(root.start, &table, root.length)?;
    let small_table = numbers(&sectors.chain(u32_at(file, 60)?, &table, usize::MAX)?);
    Sectors { bytes: &small, size: SMALL_SECTOR }.chain(entry.start, &small_table, entry.length)
}

/// The table of which sector follows which.
fn table(file: &[u8], sectors: &Sectors<'_>) -> Option<Vec<u32>> {
    let mut places = numbers(file.get(76..512)?);
    let mut more = u32_at(file, 68)?;
    // A list that comes back to itself would never end.
    let mut left = sectors.count();
    while more < NO_SECTOR {
        left = left.checked_sub(1)?;
        let mut list = numbers(sectors.get(more)?);
        more = list.pop()?;
        places.append(&mut list);
    }
    let mut table = Vec::new();
    for place in places.into_iter().filter(|place| *place < NO_SECTOR) {
        table.extend(numbers(sectors.get(place)?));
    }
    Some(table)
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|four| u32_at(four, 0)).collect()
}

struct Entry {
    name: String,
    start: u32,
    length: usize,
}

impl Entry {
    fn of(bytes: &[u8]) -> Option<Self> {
        let units: Vec<u16> = bytes.get(..64)?.chunks_exact(2).filter_map(|two| u16_at(two, 0)).collect();
        let name = units.split(|unit| *unit == 0).next().unwrap_or_default();
        Some(Self {
            name: String::from_utf16_lossy(name),
            start: u32_at(bytes, 116)?,
            length: usize::try_from(u32_at(bytes, 120)?).ok()?,
        })
    }
}

struct Sectors<'b> {
    bytes: &'b [u8],
    size: usize,
}

impl<'b> Sectors<'b> {
    fn count(&self) -> usize {
        self.bytes.len().div_ceil(self.size)
    }

    /// A sector; the last one of a file may be short.
    fn get(&self, number: u32) -> Option<&'b [u8]> {
        let start = usize::try_from(number).ok()?.checked_mul(self.size)?;
        let end = start.checked_add(self.size)?.min(self.bytes.len());
        self.bytes.get(start..end)
    }

    /// Sectors that follow each other, up to a length.
    fn chain(&self, first: u32, table: &[u32], length: usize) -> Option<Vec<u8>> {
        let (mut out, mut next, mut left) = (Vec::new(), first, self.count());
        while next < NO_SECTOR && out.len() < length {
            left = left.checked_sub(1)?;
            out.extend_from_slice(self.get(next)?);
            next = *table.get(usize::try_from(next).ok()?)?;
        }
        out.truncate(length);
        Some(out)
    }
}
