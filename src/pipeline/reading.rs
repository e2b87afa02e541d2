//! What reading one received file may cost.

use super::reader::Table;

/// What reading one received file may cost. A file that needs more is refused and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The address space of the reading process, in megabytes.
    pub memory_megabytes: u32,
    /// Processor time in seconds; a wait five times as long is allowed on the clock.
    pub seconds: u32,
    /// What a workbook's parts may come to when unpacked, in megabytes.
    pub unpacked_megabytes: u32,
    /// Cells, counting the empty ones in front of a filled one.
    pub cells: u32,
}

impl Default for Limits {
    /// Enough for a workbook of 100,000 rows of 20 columns (a hundred megabytes unpacked) with room to
    /// spare. The CQC's ratings (324,000 rows, more than a gigabyte unpacked) need more, and the pipeline
    /// that reads them says so.
    fn default() -> Self {
        Self { memory_megabytes: 1500, seconds: 120, unpacked_megabytes: 300, cells: 30_000_000 }
    }
}

impl Limits {
    /// Reads `[reading]`; what it leaves out keeps its default.
    pub(super) fn read(file: &mut Table<'_>) -> Self {
        let defaults = Self::default();
        let Some(mut table) = file.table_or_none("reading") else { return defaults };
        let mut count = |key: &str, default: u32| {
            table.count_or_none(key).map(|n| n.value).filter(|n| *n > 0).unwrap_or(default)
        };
        Self {
            memory_megabytes: count("memory_megabytes", defaults.memory_megabytes),
            seconds: count("seconds", defaults.seconds),
            unpacked_megabytes: count("unpacked_megabytes", defaults.unpacked_megabytes),
            cells: count("cells", defaults.cells),
        }
    }

    /// The address space in bytes.
    pub fn memory(&self) -> u64 {
        u64::from(self.memory_megabytes) << 20
    }

    /// The size of unpacked parts in bytes.
    pub fn unpacked(&self) -> u64 {
        u64::from(self.unpacked_megabytes) << 20
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::reader::{File, Report};

    #[test]
    fn what_is_left_out_keeps_its_default() {
        let report = Report::default();
        let file = File::parse("pipeline.toml", "[reading]\nseconds = 5\nmemory_megabytes = 0\n", &report);
        let limits = Limits::read(&mut file.table());
        assert_eq!(limits, Limits { seconds: 5, ..Limits::default() });
        assert_eq!(limits.memory(), 1500 << 20);
    }
}
