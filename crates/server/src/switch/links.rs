//! What joins a watched call to the detector that hears it, whichever way its audio comes.
//!
//! The watch says which call's audio it expects. When that audio comes, by WebSocket, AudioSocket, RTP or a file, whoever
//! receives it takes the [`Link`] of that name: what happens goes to the watch, and facts that the switch knows come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use offhook_detect::{Fact, Verdict};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};
use tokio::time::timeout;
use uuid::Uuid;

use super::rule::SwitchCall;
use crate::auth::same;
use crate::session::{Course, Happened};

/// What the watch of a call hears of it. Nothing more comes once its audio is over.
#[derive(Debug)]
pub enum Heard {
    /// Its audio began. The call's record will have this name.
    Began(Uuid),
    /// Something happened; what the call's events come to so far; the verdict that stands.
    Happened(Box<Happened>, Box<Course>, Option<Box<Verdict>>),
}

/// The far end of a watched call: with whoever receives its audio.
#[derive(Debug)]
pub struct Link {
    /// The call.
    pub call: Arc<SwitchCall>,
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// Whether it was answered when this was made; else an [`Fact::Answered`] will come.
    pub answered: bool,
    /// What is heard, for the watch.
    pub heard: UnboundedSender<Heard>,
    /// Facts that the switch knows, for the detector.
    pub facts: UnboundedReceiver<Fact>,
}

/// The near end: with the watch.
#[derive(Debug)]
pub struct Expected {
    links: Arc<Links>,
    name: String,
    /// A word that only the switch was told: audio that comes with it needs no other identity.
    pub token: String,
    /// What is heard.
    pub heard: UnboundedReceiver<Heard>,
    /// Facts that the switch knows.
    pub facts: UnboundedSender<Fact>,
}

impl Expected {
    /// Whether this audio came, whether or not it is over.
    pub fn is_taken(&self) -> bool {
        self.links.is_taken(&self.name)
    }

    /// Whether this audio came, and is not over.
    pub fn is_heard(&self) -> bool {
        self.links.is_heard(&self.name)
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        // The name may be expected anew by another watch.
        let mut links = self.links.lock();
        if links.get(&self.name).is_some_and(|waiting| waiting.token == self.token) {
            links.remove(&self.name);
        }
    }
}

#[derive(Debug)]
struct Waiting {
    token: String,
    call: Arc<SwitchCall>,
    link: Option<Link>,
    /// Whether its audio comes by itself, without the word that a switch is told.
    open: bool,
    /// Open as long as somebody has the link.
    heard: WeakUnboundedSender<Heard>,
}

/// The calls whose audio is expected, by the name that it comes with.
#[derive(Debug, Default)]
pub struct Links {
    waiting: Mutex<HashMap<String, Waiting>>,
    news: Notify,
}

impl Links {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The audio of this call is expected under this name, until the answer is dropped. A name that was expected already
    /// is expected anew.
    pub fn expect(self: &Arc<Self>, name: &str, call: Arc<SwitchCall>, campaign: Option<String>) -> Expected {
        let (heard, hearing) = unbounded_channel();
        let (facts, knowing) = unbounded_channel();
        let token = Uuid::new_v4().simple().to_string();
        let answered = call.answered;
        let weak = heard.downgrade();
        let link = Link { call: Arc::clone(&call), campaign, answered, heard, facts: knowing };
        let waiting = Waiting { token: token.clone(), call, link: Some(link), open: false, heard: weak };
        self.lock().insert(name.to_owned(), waiting);
        self.news.notify_waiters();
        Expected { links: Arc::clone(self), name: name.to_owned(), token, heard: hearing, facts }
    }

    /// Takes the link of this name, for its audio came. `None`: no such call is watched, or its audio came already.
    pub fn take(&self, name: &str) -> Option<Link> {
        self.lock().get_mut(name)?.link.take()
    }

    /// Lets the audio of this name come from whoever may send audio: the dialplan sends it, and is told no word.
    pub fn open(&self, name: &str) {
        if let Some(waiting) = self.lock().get_mut(name) {
            waiting.open = true;
        }
    }

    /// As [`Self::take`], for audio that came with this identity: that of the call's switch, or, where the name is open,
    /// any.
    pub fn take_for(&self, name: &str, identity: &str) -> Option<Link> {
        let mut links = self.lock();
        let waiting = links.get_mut(name)?;
        if waiting.open || super::identity(&waiting.call) == identity { waiting.link.take() } else { None }
    }

    /// Waits until the audio of this name is expected, at most so long: a dialplan may send audio before its switch told
    /// us of the call.
    pub async fn expected(&self, name: &str, within: Duration) {
        let expected = async {
            loop {
                let mut told = std::pin::pin!(self.news.notified());
                told.as_mut().enable();
                if self.lock().contains_key(name) {
                    return;
                }
                told.await;
            }
        };
        // Audio that nobody expects is heard all the same.
        let _ = timeout(within, expected).await;
    }

    /// The call of this name, if its audio may come without another identity, for it brings the word that the switch was
    /// told.
    pub fn admits(&self, name: &str, token: &str) -> Option<Arc<SwitchCall>> {
        self.lock().get(name).filter(|waiting| same(&waiting.token, token)).map(|waiting| Arc::clone(&waiting.call))
    }

    /// Whether the audio of this name came, whether or not it is over.
    pub fn is_taken(&self, name: &str) -> bool {
        self.lock().get(name).is_some_and(|waiting| waiting.link.is_none())
    }

    /// Whether this service hears the call of this name: its audio came, and is not over.
    pub fn is_heard(&self, name: &str) -> bool {
        self.lock().get(name).is_some_and(|waiting| waiting.link.is_none() && waiting.heard.strong_count() > 0)
    }

    /// How many calls are expected or heard.
    pub fn count(&self) -> usize {
        self.lock().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switch::rule::tests::call;

    #[tokio::test]
    async fn audio_that_comes_first_waits_for_its_watch() {
        let links = Arc::new(Links::default());
        links.expected("a", Duration::from_millis(1)).await;
        let waits = tokio::spawn({
            let links = Arc::clone(&links);
            async move { links.expected("a", Duration::MAX).await }
        });
        tokio::task::yield_now().await;
        let other = links.expect("b", Arc::new(call("b")), None);
        tokio::task::yield_now().await;
        assert!(!waits.is_finished(), "another call is expected");
        let expected = links.expect("a", Arc::new(call("a")), None);
        waits.await.unwrap();
        links.expected("a", Duration::MAX).await;
        drop((expected, other));
    }

    #[test]
    fn audio_finds_its_watch_once() {
        let links = Arc::new(Links::default());
        let mut expected = links.expect("a", Arc::new(call("a")), Some("spring".into()));
        assert_eq!(links.admits("a", &expected.token).unwrap().switch, "fs1");
        assert!(links.admits("a", "other").is_none() && links.admits("b", &expected.token).is_none());
        assert!(links.take("b").is_none());
        assert!(links.take_for("a", "key:1").is_none(), "who merely knows the name is not the switch");
        assert!(!links.is_heard("a") && !links.is_taken("a"));
        let mut link = links.take("a").unwrap();
        assert!(links.is_heard("a") && expected.is_heard() && expected.is_taken());
        assert!(links.take("a").is_none(), "one call is heard by one detector");
        link.heard.send(Heard::Began(Uuid::nil())).unwrap();
        assert!(matches!(expected.heard.try_recv(), Ok(Heard::Began(_))));
        expected.facts.send(Fact::Answered).unwrap();
        assert_eq!(link.facts.try_recv(), Ok(Fact::Answered));
        drop(link);
        assert!(!links.is_heard("a") && links.is_taken("a"), "its audio is over");
        let anew = links.expect("a", Arc::new(call("a")), None);
        drop(expected);
        assert_eq!(links.count(), 1, "what is expected anew is not forgotten with what was expected before");
        drop(anew);
        assert_eq!(links.count(), 0);
    }
}
