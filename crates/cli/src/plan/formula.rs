//! The specification's own formula, `CapacityPlanner`, as it stands there.

use clap::ValueEnum;
use serde::Serialize;

/// An architecture of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Architecture {
    /// Beep detection alone
    Avmd,
    /// Rules with a model where they do not agree
    Hybrid,
    /// One model on one machine
    AiSingle,
    /// Models on many machines
    AiDistributed,
}

impl Architecture {
    /// The factors of processor, memory and graphics memory.
    const fn factors(self) -> (f64, f64, f64) {
        match self {
            Self::Avmd => (0.5, 0.3, 0.0),
            Self::Hybrid => (0.7, 0.5, 0.0),
            Self::AiSingle => (1.0, 1.0, 1.0),
            Self::AiDistributed => (1.2, 1.2, 1.2),
        }
    }

    /// The specification's word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Avmd => "avmd",
            Self::Hybrid => "hybrid",
            Self::AiSingle => "ai_single",
            Self::AiDistributed => "ai_distributed",
        }
    }
}

/// What the formula asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Required {
    pub(crate) architecture: Architecture,
    pub(crate) cpu_cores: u64,
    pub(crate) memory_gb: u64,
    pub(crate) gpu_memory_gb: u64,
    pub(crate) estimated_nodes: u64,
}

/// 10 calls a second take 4 cores, 8 GB and 8 GB of graphics memory; a node takes 100 calls a second. All is rounded
/// down, as there.
pub(crate) fn required(calls_per_second: f64, architecture: Architecture) -> Required {
    let ratio = calls_per_second / 10.0;
    let (cpu, memory, gpu) = architecture.factors();
    Required {
        architecture,
        cpu_cores: (4.0 * ratio * cpu) as u64,
        memory_gb: (8.0 * ratio * memory) as u64,
        gpu_memory_gb: (8.0 * ratio * gpu) as u64,
        estimated_nodes: ((ratio / 10.0) as u64).max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_gives_what_the_specification_s_code_gives() {
        // Printed by the code in the specification.
        let of = |cps, architecture| {
            let Required { cpu_cores, memory_gb, gpu_memory_gb, estimated_nodes, .. } = required(cps, architecture);
            (cpu_cores, memory_gb, gpu_memory_gb, estimated_nodes)
        };
        assert_eq!(of(10.0, Architecture::AiSingle), (4, 8, 8, 1));
        assert_eq!(of(100.0, Architecture::Avmd), (20, 24, 0, 1));
        assert_eq!(of(250.0, Architecture::Hybrid), (70, 100, 0, 2));
        assert_eq!(of(500.0, Architecture::AiDistributed), (240, 480, 480, 5));
        assert_eq!(of(0.5, Architecture::AiDistributed), (0, 0, 0, 1));
    }
}
