//! Whether the log is what was written.

use std::fmt;

use serde::Serialize;
use sqlx::Row as _;

use super::chain::{Link, hash};
use super::{AuditError, head, read};
use crate::config::ServerConfig;
use crate::store::Store;

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is not there.
    Missing,
    /// What it says is not what its hash was made of.
    Changed,
    /// It does not follow the entry that is before it now.
    Unbound,
    /// It and what may follow it was written and is not there any more: the end was cut off.
    CutOff,
    /// It is not the entry that this node wrote there: the chain was made anew.
    Replaced,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "it is missing",
            Self::Changed => "it was changed",
            Self::Unbound => "it does not follow the one before it",
            Self::CutOff => "the log was cut off before it",
            Self::Replaced => "it is not what this node wrote",
        })
    }
}

/// Where a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The number of the entry.
    pub seq: i64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What was found of one chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The node that wrote it.
    pub node: String,
    /// How many entries were looked at: all, or those up to the first break.
    pub entries: u64,
    /// Whether its end could be checked against what this node knows it wrote; that of another node cannot.
    pub end_checked: bool,
    /// The first break.
    pub broken: Option<Break>,
}

/// Walks every chain from its first entry to its end.
///
/// # Errors
/// The database failed, or this node's own files cannot be read.
pub async fn verify(config: &ServerConfig, store: &Store) -> Result<Vec<Chain>, AuditError> {
    let folder = &config.storage.folder;
    // Before the database is read: what is written meanwhile comes after it.
    let own = head::known_node(folder)?;
    let newest = if own.is_some() { head::newest(folder)? } else { None };
    let rows = sqlx::query("SELECT DISTINCT node FROM audit ORDER BY node").fetch_all(store.pool()).await?;
    let mut nodes = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    if let (Some(own), Some(_)) = (&own, &newest)
        && !nodes.contains(own)
    {
        nodes.push(own.clone());
    }
    let mut chains = Vec::with_capacity(nodes.len());
    for node in nodes {
        let known = newest.as_ref().filter(|_| own.as_ref() == Some(&node));
        chains.push(walk(store, node, known).await?);
    }
    Ok(chains)
}

async fn walk(store: &Store, node: String, known: Option<&Link>) -> Result<Chain, AuditError> {
    let mut chain = Chain { node, entries: 0, end_checked: known.is_some(), broken: None };
    let mut end = Link::default();
    // Below the first too, for what somebody put there.
    let mut read_up_to = i64::MIN;
    loop {
        let entries = read::after(store.pool(), &chain.node, read_up_to).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            read_up_to = entry.seq;
            let expected = end.seq + 1;
            let fault = if entry.seq < expected {
                Some((entry.seq, Fault::Unbound))
            } else if entry.seq > expected {
                Some((expected, Fault::Missing))
            } else if hash(&entry) != entry.hash {
                Some((expected, Fault::Changed))
            } else if entry.previous_hash != end.hash {
                Some((expected, Fault::Unbound))
            } else if known.is_some_and(|known| known.seq == entry.seq && known.hash != entry.hash) {
                Some((expected, Fault::Replaced))
            } else {
                None
            };
            chain.entries += 1;
            if let Some((seq, fault)) = fault {
                chain.broken = Some(Break { seq, fault });
                return Ok(chain);
            }
            end = Link::from(&entry);
        }
    }
    if known.is_some_and(|known| known.seq > end.seq) {
        chain.broken = Some(Break { seq: end.seq + 1, fault: Fault::CutOff });
    }
    Ok(chain)
}
