//! How documents are shared out over messages, so that none is above what a mail system takes.

/// What a file weighs in a message: base64 in lines of 76 characters.
pub fn encoded(bytes: usize) -> u64 {
    let characters = bytes.div_ceil(3).saturating_mul(4);
    let lines = characters.div_ceil(76);
    u64::try_from(characters.saturating_add(lines.saturating_mul(2))).unwrap_or(u64::MAX)
}

/// Documents shared out over messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcels<T> {
    /// What each message carries, in the order of the documents; at least one message.
    pub messages: Vec<Vec<T>>,
    /// What no message can carry.
    pub over: Vec<T>,
}

/// Shares documents out over as few messages as their order allows.
///
/// The first document stays in the first message: it is the pack, and the others go with it.
pub fn split<T>(documents: Vec<T>, budget: u64, size: impl Fn(&T) -> usize) -> Parcels<T> {
    let (mut messages, mut over) = (vec![Vec::new()], Vec::new());
    let mut used = 0;
    for document in documents {
        let weight = encoded(size(&document));
        if weight > budget {
            over.push(document);
            continue;
        }
        if used + weight > budget {
            messages.push(Vec::new());
            used = 0;
        }
        used += weight;
        if let Some(last) = messages.last_mut() {
            last.push(document);
        }
    }
    Parcels { messages, over }
}

/// One message with all documents, or with none of them if they are together too large.
pub fn all_or_none<T>(documents: Vec<T>, budget: u64, size: impl Fn(&T) -> usize) -> Parcels<T> {
    let together: u64 = documents.iter().map(|d| encoded(size(d))).sum();
    if together > budget {
        return Parcels { messages: vec![Vec::new()], over: documents };
    }
    Parcels { messages: vec![documents], over: Vec::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_weighs_a_third_more_and_its_line_ends() {
        assert_eq!(encoded(0), 0);
        assert_eq!(encoded(57), 76 + 2);
        assert_eq!(encoded(58), 80 + 4);
    }

    proptest! {
        #[test]
        fn every_document_goes_somewhere_and_no_message_is_too_large(
            sizes in prop::collection::vec(0_usize..5_000, 0..20), budget in 1_u64..8_000
        ) {
            let parcels = split(sizes.clone(), budget, |s| *s);
            for message in &parcels.messages {
                prop_assert!(message.iter().map(|s| encoded(*s)).sum::<u64>() <= budget);
            }
            prop_assert!(parcels.over.iter().all(|s| encoded(*s) > budget));
            let carried: Vec<usize> = parcels.messages.concat();
            let fit: Vec<usize> = sizes.iter().copied().filter(|s| encoded(*s) <= budget).collect();
            prop_assert_eq!(carried, fit, "in the order of the documents");
            prop_assert_eq!(parcels.over.len() + parcels.messages.concat().len(), sizes.len());
        }
    }
}
