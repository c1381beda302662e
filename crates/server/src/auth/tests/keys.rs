//! The life of an API key.

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_life_is_a_duration_or_never() {
    assert_eq!(Keys::life_of(None, DAY).unwrap(), Some(DAY));
    assert_eq!(Keys::life_of(Some("never"), DAY).unwrap(), None);
    assert_eq!(Keys::life_of(Some("2d"), DAY).unwrap(), Some(2 * DAY));
    for text in ["", "0s", "soon", "-1d"] {
        assert!(Keys::life_of(Some(text), DAY).is_err(), "{text}");
    }
}

#[test]
fn a_name_is_short_and_can_be_printed() {
    let longest = "ä".repeat(100);
    assert_eq!(Keys::name_of(" dialer 7 "), Ok("dialer 7"));
    assert_eq!(Keys::name_of(&longest), Ok(longest.as_str()));
    for text in ["", "  ", "a\u{1b}[2Jb", "a\nb", &format!("{longest}a")] {
        assert!(Keys::name_of(text).is_err(), "{text:?}");
    }
}

#[tokio::test]
async fn a_key_lets_in_by_either_field_and_is_kept_as_its_hash_alone() {
    let place = Place::public().await;
    let (text, key) = place.auth.keys().create("dialer", &[Scope::Detect], Some(DAY)).await.unwrap();
    for field in [("x-api-key", text.reveal().to_owned()), ("authorization", format!("Bearer {}", text.reveal()))] {
        let found = known(&place.auth, &request(&[(field.0, &field.1)])).await;
        assert_eq!(found.identity.id, format!("key:{}", key.id));
        assert_eq!(found.identity.scopes, [Scope::Detect]);
        assert_eq!(found.means, Means::Key { prefix: key.prefix.clone() });
    }
    let secret = text.reveal().rsplit('_').next().unwrap();
    let row = sqlx::query_scalar::<_, String>("SELECT hash || name || owner || prefix || scopes FROM api_keys");
    assert!(!row.fetch_one(&place.pool).await.unwrap().contains(secret));
    assert!(!format!("{:?} {:?}", KeyView::from(&key), text).contains(secret));
}

#[tokio::test]
async fn a_key_whose_secret_is_wrong_is_refused() {
    let place = Place::public().await;
    let (text, _) = place.auth.keys().create("dialer", &[Scope::Detect], None).await.unwrap();
    let last = if text.reveal().ends_with('A') { "B" } else { "A" };
    let near = format!("{}{last}", &text.reveal()[..text.reveal().len() - 1]);
    assert_eq!(refused(&place.auth, &request(&[("x-api-key", &near)])).await, Code::BadIdentity);
    let twice = [("x-api-key", text.reveal()), ("x-api-key", text.reveal())];
    assert_eq!(refused(&place.auth, &request(&twice)).await, Code::BadIdentity);
}

#[tokio::test]
async fn a_revoked_key_ends_at_once_here_and_soon_elsewhere() {
    let place = Place::public().await;
    let other = place.other_node();
    let (text, key) = place.auth.keys().create("dialer", &[Scope::Detect], None).await.unwrap();
    let parts = request(&[("x-api-key", text.reveal())]);
    known(&place.auth, &parts).await;
    known(&other, &parts).await;
    assert!(place.auth.keys().revoke(key.id).await.unwrap());
    assert!(!place.auth.keys().revoke(key.id).await.unwrap());
    assert_eq!(refused(&place.auth, &parts).await, Code::BadIdentity);
    for _ in 0..200 {
        if other.identify(&parts).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the other node goes on with a revoked key");
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let place = Place::public().await;
    let (text, key) = place.auth.keys().create("dialer", &[Scope::Detect], Some(DAY)).await.unwrap();
    let end = sqlx::query("UPDATE api_keys SET expires = $1").bind(moment::now() - 1);
    end.execute(&place.pool).await.unwrap();
    let parts = request(&[("x-api-key", text.reveal())]);
    assert_eq!(refused(&place.auth, &parts).await, Code::BadIdentity);
    assert!(!KeyView::from(&place.auth.keys().get(key.id).await.unwrap()).active);
    assert!(matches!(place.auth.keys().rotate(key.id, DAY).await, Err(AuthError::Ended)));
}

#[tokio::test]
async fn after_a_rotation_both_keys_are_the_same_identity_until_the_old_one_ends() {
    let place = Place::public().await;
    let keys = place.auth.keys();
    let (old_text, old) = keys.create("dialer", &[Scope::Detect], Some(30 * DAY)).await.unwrap();
    let before = known(&place.auth, &request(&[("x-api-key", old_text.reveal())])).await;
    let (new_text, new) = keys.rotate(old.id, DAY).await.unwrap();
    let after = known(&place.auth, &request(&[("x-api-key", new_text.reveal())])).await;
    let still = known(&place.auth, &request(&[("x-api-key", old_text.reveal())])).await;
    assert_eq!(after.identity, before.identity);
    assert_eq!(still.identity, before.identity);
    let seconds = |moment: Option<i64>| (moment.unwrap() - moment::now() + 500_000) / 1_000_000;
    assert!((86_000..=86_400).contains(&seconds(still.expires)), "{still:?}");
    assert!((30 * 86_400 - 400..=30 * 86_400).contains(&seconds(new.expires)), "{new:?}");
    assert_eq!(keys.get(old.id).await.unwrap().successor, Some(new.id));
    assert!(matches!(keys.rotate(old.id, DAY).await, Err(AuthError::Ended)));
    // The new one can be followed in its turn, by a key as long as the first was meant to be.
    let (_, third) = keys.rotate(new.id, DAY).await.unwrap();
    assert!(seconds(third.expires) > 29 * 86_400);
    assert_eq!(keys.list().await.unwrap().iter().map(|key| key.id).collect::<Vec<_>>(), [third.id, new.id, old.id]);
}

#[tokio::test]
async fn of_two_rotations_at_once_one_wins() {
    let place = Place::public().await;
    let (_, key) = place.auth.keys().create("dialer", &[Scope::Detect], None).await.unwrap();
    let other = place.other_node();
    let (one, two) = tokio::join!(place.auth.keys().rotate(key.id, DAY), other.keys().rotate(key.id, DAY));
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    assert_eq!(place.auth.keys().list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_that_was_good_goes_on_while_the_database_does_not_answer() {
    let place = Place::public().await;
    let (text, _) = place.auth.keys().create("dialer", &[Scope::Detect], None).await.unwrap();
    let parts = request(&[("x-api-key", text.reveal())]);
    known(&place.auth, &parts).await;
    place.pool.close().await;
    known(&place.auth, &parts).await;
    let stranger = KeyText::random().unwrap();
    assert_eq!(refused(&place.auth, &request(&[("x-api-key", stranger.reveal())])).await, Code::Storage);
}

#[tokio::test]
async fn the_last_use_is_noted() {
    let place = Place::public().await;
    let (text, key) = place.auth.keys().create("dialer", &[Scope::Detect], None).await.unwrap();
    assert_eq!(key.last_used, None);
    known(&place.auth, &request(&[("x-api-key", text.reveal())])).await;
    for _ in 0..200 {
        if place.auth.keys().get(key.id).await.unwrap().last_used.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the use of the key was not noted");
}
