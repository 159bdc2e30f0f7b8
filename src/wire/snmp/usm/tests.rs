//! Keys against themselves, against snmp2, and against chance.

use super::super::value::{Value, VarBind};
use super::*;
use crate::model::Oid;
use crate::model::access::PrivProtocol;
use proptest::prelude::*;

const ENGINE: [u8; 9] = [0x80, 0, 0x1f, 0x88, 4, 1, 2, 3, 4];

fn keys(auth: Option<AuthProtocol>, privacy: Option<PrivProtocol>) -> Keys {
    let proof = Proof::Usm {
        username: "noc".to_owned(),
        context: "vlan-7".to_owned(),
        auth: auth.map(|protocol| (protocol, Secret::new("authentic"))),
        privacy: privacy.map(|protocol| (protocol, Secret::new("private!"))),
    };
    Keys::localise(&proof, &ENGINE, KeyExtension::Blumenthal).unwrap()
}

fn question() -> Pdu {
    let binds = vec![VarBind { oid: Oid::new(&[1, 3, 6, 1]), value: Value::Counter64(u64::MAX / 2) }; 5];
    Pdu { kind: PduKind::GetBulk, error_index: 9, ..Pdu::request(PduKind::Get, 77, &[]).response(binds) }
}

#[test]
fn every_pair_of_protocols_opens_what_it_sealed() {
    use AuthProtocol::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
    use PrivProtocol::{Aes128, Aes192, Aes256, Des};
    let mut pairs = vec![(None, None)];
    for auth in [Md5, Sha1, Sha224, Sha256, Sha384, Sha512] {
        pairs.push((Some(auth), None));
        pairs.extend([Des, Aes128, Aes192, Aes256].map(|privacy| (Some(auth), Some(privacy))));
    }
    for (auth, privacy) in pairs {
        let keys = keys(auth, privacy);
        let mut bytes = keys.seal(&question(), 5, 1000).unwrap();
        let opened = keys.open(&mut bytes).unwrap();
        assert_eq!(opened.pdu, question(), "{auth:?} {privacy:?}");
        assert_eq!(opened.engine, EngineSays { id: ENGINE.to_vec(), boots: 5, time: 1000 });
        assert_eq!(opened.authentic, auth.is_some());
    }
}

#[test]
fn a_changed_octet_makes_a_message_worthless() {
    for keys in [keys(Some(AuthProtocol::Sha256), Some(PrivProtocol::Aes128)), keys(Some(AuthProtocol::Md5), None)] {
        let sealed = keys.seal(&question(), 5, 1000).unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1;
            let opened = keys.open(&mut bytes);
            assert!(!opened.as_ref().is_ok_and(|opened| opened.authentic), "octet {at}: {opened:?}");
        }
    }
}

/// A message as sealed, but with another msgMaxSize and the right digest for it.
fn resized(keys: &Keys, protocol: AuthProtocol) -> Vec<u8> {
    let mut bytes = keys.seal(&question(), 5, 1000).unwrap();
    let places = Header::read(&bytes).unwrap().places(&bytes);
    bytes[places.max_size].copy_from_slice(&[0, 0xff, 0xff]);
    bytes[places.digest.clone()].fill(0);
    let digest = AuthKey::localise(protocol, "authentic", &ENGINE).digest(&bytes);
    bytes[places.digest].copy_from_slice(&digest);
    bytes
}

#[test]
fn a_peer_that_could_take_more_than_snmp2_allows_is_understood() {
    let protocol = AuthProtocol::Sha224;
    for privacy in [None, Some(PrivProtocol::Aes192)] {
        let keys = keys(Some(protocol), privacy);
        let bytes = resized(&keys, protocol);
        let mut security = keys.security.clone().with_engine_boots_and_time(5, 1000);
        let theirs = snmp2::Pdu::from_bytes_with_security(&bytes.clone(), Some(&mut security)).map(|_| ());
        assert_eq!(theirs, Err(snmp2::Error::BufferOverflow), "the defect that is worked around");
        assert_eq!(keys.open(&mut bytes.clone()).unwrap().pdu, question());
        let mut forged = bytes.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(keys.open(&mut forged), Err(Fault::NotAuthentic));
    }
}

#[test]
fn an_unencrypted_answer_to_an_encrypted_question_is_refused() {
    let plain = keys(Some(AuthProtocol::Sha1), None);
    let full = keys(Some(AuthProtocol::Sha1), Some(PrivProtocol::Aes128));
    let answer = Pdu { kind: PduKind::Response, ..question() };
    assert_eq!(full.open(&mut plain.seal(&answer, 5, 1000).unwrap()), Err(Fault::NotDecipherable));
    let report = Pdu { kind: PduKind::Report, ..question() };
    assert!(full.open(&mut plain.seal(&report, 5, 1000).unwrap()).is_ok_and(|opened| opened.authentic));
}

#[test]
fn a_value_of_unknown_type_is_noticed_in_an_encrypted_message() {
    // What `decipher` hands to `ours`, with one Counter64 of five turned into something unknown.
    let mut content = Writer::new();
    content.pairs(&question().varbinds);
    let mut content = content.into_bytes();
    let at = content.windows(2).position(|two| two == [0x46, 8]).unwrap();
    content[at] = 0x45;
    let mut anyone = Security::new(&[], &[]).with_auth(Auth::NoAuthNoPriv).with_engine_id(&TEMPLATE_ENGINE).unwrap();
    let mut message = snmp2::Pdu::from_bytes_with_security(&TEMPLATE, Some(&mut anyone)).unwrap();
    message.varbinds = snmp2::Varbinds::from_bytes(&content);
    let read = ours(&message).unwrap();
    assert_eq!((read.varbinds.len(), read.unnamed), (4, 1));
}

#[test]
fn the_same_keys_speak_in_any_context() {
    let keys = keys(Some(AuthProtocol::Sha1), None);
    let envelope = Envelope { boots: 5, time: 1000, context: Some("vlan-10") };
    let mut bytes = keys.seal_as(&question(), &envelope).unwrap();
    assert!(bytes.windows(7).any(|seven| seven == b"vlan-10"));
    assert!(keys.open(&mut bytes).is_ok_and(|opened| opened.authentic && opened.pdu.varbinds == question().varbinds));
    let unknown = VarBind { oid: Oid::new(&UNKNOWN_CONTEXTS), value: Value::Counter32(1) };
    assert_eq!(Complaint::of(&question().response(vec![unknown])), Complaint::UnknownContext);
}

#[test]
fn unusable_credentials_are_told() {
    let usm = |auth: Option<&str>, privacy: Option<&str>| Proof::Usm {
        username: "noc".to_owned(),
        context: String::new(),
        auth: auth.map(|password| (AuthProtocol::Sha1, Secret::new(password))),
        privacy: privacy.map(|password| (PrivProtocol::Des, Secret::new(password))),
    };
    let refused = |proof: &Proof, engine: &[u8]| Keys::localise(proof, engine, KeyExtension::Reeder).err();
    assert_eq!(refused(&Proof::Community(Secret::new("c")), &ENGINE), Some(Unusable::NotUsm));
    assert_eq!(refused(&usm(Some(""), None), &ENGINE), Some(Unusable::EmptyPassword));
    assert_eq!(refused(&usm(None, Some("private!")), &ENGINE), Some(Unusable::PrivacyWithoutAuth));
    assert_eq!(refused(&usm(None, None), &[]), Some(Unusable::EngineId));
    assert_eq!(refused(&usm(None, None), &ENGINE), None);
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| keys(Some(AuthProtocol::Sha512), Some(PrivProtocol::Des)));

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_octets_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open_plain(&bytes).is_err() || bytes.len() > 20);
        prop_assert!(!KEYS.open(&mut bytes).is_ok_and(|opened| opened.authentic));
    }

    #[test]
    fn a_damaged_message_never_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = KEYS.seal(&question(), 5, 1000).unwrap();
        let sealed = bytes.clone();
        for (at, octet) in changes {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        prop_assume!(bytes != sealed);
        prop_assert!(!KEYS.open(&mut bytes).is_ok_and(|opened| opened.authentic));
    }
}
