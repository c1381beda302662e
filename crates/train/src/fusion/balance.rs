use super::LabelledCall;

/// What a call of one's own counts at most: a few calls that count more would be learnt by heart.
const MOST: f32 = 20.0;

/// Lets people of `own` count as much as people of `others`, and machines as machines, but none of them more than
/// [`MOST`] times what one of the others does, and none less than one.
pub(crate) fn count_alike(own: &mut [LabelledCall], others: &[LabelledCall]) {
    for machine in [false, true] {
        let of_kind = |calls: &[LabelledCall]| calls.iter().filter(|call| call.machine == machine).count() as f32;
        let weight = (of_kind(others) / of_kind(own).max(1.0)).clamp(1.0, MOST);
        own.iter_mut().filter(|call| call.machine == machine).for_each(|call| call.weight = weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(people: usize, machines: usize) -> Vec<LabelledCall> {
        let call =
            |machine| LabelledCall { samples: Vec::new(), answered: 0, machine, speaker: String::new(), weight: 1.0 };
        (0..people + machines).map(|at| call(at >= people)).collect()
    }

    fn counted(own: [usize; 2], others: [usize; 2]) -> [f32; 2] {
        let mut own = calls(own[0], own[1]);
        count_alike(&mut own, &calls(others[0], others[1]));
        [false, true].map(|machine| own.iter().filter(|call| call.machine == machine).map(|call| call.weight).sum())
    }

    #[test]
    fn a_few_calls_count_as_much_as_many() {
        assert_eq!(counted([10, 20], [100, 60]), [100.0, 60.0]);
        assert_eq!(counted([2, 60], [100, 30]), [40.0, 60.0]);
        assert_eq!(counted([0, 5], [100, 50]), [0.0, 50.0]);
        assert_eq!(counted([3, 3], [0, 0]), [3.0, 3.0]);
    }
}
