//! What people and systems said afterwards, as figures: asked of the store every minute.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

use super::Reviewed;
use crate::app::App;
use crate::store::{self, StatsQuery, StoreError, Window};

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(60);

/// The windows that are told of.
const WINDOWS: [Window; 3] = [Window::Day, Window::Week, Window::Month];

/// Keeps the figures of reviewed calls up to date until the service stops.
pub async fn follow_reviews(app: Arc<App>) {
    let mut turn = interval(EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = turn.tick() => {}
        }
        if let Err(error) = ask(&app).await {
            tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "no figures of reviewed calls");
        }
    }
}

async fn ask(app: &App) -> Result<(), StoreError> {
    let mut reviewed = Vec::new();
    for window in WINDOWS {
        let query = StatsQuery { window, to: Timestamp::now(), campaign: None, owner: None };
        reviewed.extend(judged(window, &app.store.reviewed(&query).await?));
    }
    app.metrics.reviewed(&reviewed);
    Ok(())
}

/// One for all methods together, `all`, and one for each method.
fn judged(window: Window, all: &store::Reviewed) -> Vec<Reviewed> {
    let window = window.word();
    let mut reviewed = vec![Reviewed {
        window,
        method: "all".to_owned(),
        accuracy: all.accuracy.rate,
        false_positive: all.people_called_machines.rate,
        false_negative: all.machines_called_people.rate,
    }];
    reviewed.extend(all.methods.iter().map(|one| Reviewed {
        window,
        method: one.method.clone(),
        accuracy: one.accuracy.rate,
        false_positive: None,
        false_negative: None,
    }));
    reviewed
}
