//! An attempt, from its call to the last byte of its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode};
use rust_core_pure::admission::Told;
use rust_core_pure::limiters::Dimension;
use rust_core_pure::units::Nanos;
use rust_core_pure::wire::{Envelope, Rewrite, Upstream, Usage, parse_rate_limits, reaches_client};
use tokio::time::Instant;

use super::lanes::{Interrupted, Interruption, Lanes, Place};
use super::plan::{Address, Candidate, Lane};
use super::taken::Taken;
use super::told::{Begun, Ended, Happened, Served};
use crate::attempt::{Break, Committed, Failed, Patience, PlainAnswer, Reading, StreamAnswer, ask};
use crate::ingress::Exchange;
use crate::transport::Call;
use crate::transport::endpoint::Header;

const STOPPING: &str = "the sidecar is stopping";
const ATTEMPTS: HeaderName = HeaderName::from_static("x-pyproxy-attempts");
const QUEUE: HeaderName = HeaderName::from_static("x-pyproxy-queue-ms");

/// A request that was taken.
pub(super) struct Visit {
    pub(super) lane: Arc<Lane>,
    pub(super) taken: Taken,
    pub(super) envelope: Envelope,
    pub(super) body: Bytes,
    pub(super) id: String,
    pub(super) arrived: Nanos,
    pub(super) interruption: Arc<Interruption>,
}

/// What has been done of a request.
#[derive(Clone, Copy, Default)]
struct Done {
    status: Option<u16>,
    committed: Option<Nanos>,
    sent: u64,
    usage: Option<Usage>,
}

impl Visit {
    /// Serves it to its end, or to where the host goes on.
    pub(super) async fn serve(self, place: Place, exchange: Exchange) {
        let (lanes, lane) = (&place.lanes, Arc::clone(&self.lane));
        let Some(candidate) = lane.candidates.get(self.taken.place) else { return };
        let Some(call) = self.call(candidate, &exchange.head.headers) else {
            return self.hand_over(lanes, exchange, Happened::Failed(broke("malformed", "it cannot be written anew")));
        };
        let interruption = Arc::clone(&self.interruption);
        let (reading, patience) = (self.reading(candidate), self.patience(&exchange));
        let asked = tokio::select! {
            biased;
            interrupted = interruption.told() => {
                return match interrupted {
                    Interrupted::Left => self.left(lanes, &exchange, Done::default()),
                    Interrupted::Stopped => {
                        self.hand_over(lanes, exchange, Happened::Failed(broke("reset", STOPPING)));
                    }
                };
            }
            asked = ask(&candidate.endpoint, &candidate.pool, call, &reading, &patience) => asked,
        };
        match asked {
            Err(failed) => self.hand_over(lanes, exchange, Happened::Failed(*failed)),
            Ok(Committed::Plain(answer)) => self.answer(lanes, &exchange, candidate, answer),
            // Apart, because it is large, and who has a whole answer does not need it.
            Ok(Committed::Stream(answer)) => Box::pin(self.relay(lanes, exchange, lane, answer)).await,
        }
    }

    fn answer(mut self, lanes: &Arc<Lanes>, exchange: &Exchange, candidate: &Candidate, answer: PlainAnswer) {
        let now = lanes.clock.now();
        self.heed(candidate, &answer.headers, now);
        let headers = self.head(candidate, answer.status, &answer.headers);
        let sent = answer.body.len() as u64;
        // Before the client has it: who has it may ask again at once, and is to find the room that this one took, and what it came to.
        self.taken.delivered(answer.usage, now);
        let done = Done { status: Some(answer.status), committed: Some(now), sent, usage: answer.usage };
        self.ended(lanes, exchange.number, done, Ended::Delivered);
        exchange.answer(answer.status, headers, answer.body);
    }

    async fn relay(mut self, lanes: &Arc<Lanes>, exchange: Exchange, lane: Arc<Lane>, mut answer: Box<StreamAnswer>) {
        let Some(candidate) = lane.candidates.get(self.taken.place) else { return };
        let committed = lanes.clock.now();
        self.heed(candidate, answer.headers(), committed);
        let status = answer.status();
        exchange.begin(status, self.head(candidate, status, answer.headers()));
        let (sent, interruption) = (AtomicU64::new(0), Arc::clone(&self.interruption));
        let relayed = tokio::select! {
            biased;
            interrupted = interruption.told() => match interrupted {
                Interrupted::Left => None,
                Interrupted::Stopped => Some(Err(stopped())),
            },
            relayed = answer.relay(&exchange, &sent) => Some(relayed),
        };
        let mut done = Done {
            status: Some(status),
            committed: Some(committed),
            sent: sent.load(Ordering::Relaxed),
            usage: answer.usage(),
        };
        match relayed {
            None => self.left(lanes, &exchange, done),
            Some(Ok(ending)) => {
                self.taken.delivered(done.usage, lanes.clock.now());
                done.sent += ending.len() as u64;
                self.ended(lanes, exchange.number, done, Ended::Delivered);
                if !ending.is_empty() {
                    drop(exchange.send(ending)); // it is on its way, and the end behind it
                }
                answer.settle().await; // so that the connection can serve who asks again at once
                drop(exchange.finish());
                drop(lane); // which is not in use any more
                answer.drain().await;
            }
            Some(Err(Break { signal, detail, error, sequence_number })) => {
                let happened = Happened::Broke {
                    status,
                    headers: answer.headers().clone(),
                    committed,
                    sent: done.sent,
                    usage: done.usage,
                    signal,
                    detail,
                    error: error.map(Bytes::from),
                    last_number: sequence_number,
                };
                drop(answer);
                self.hand_over(lanes, exchange, happened);
            }
        }
    }

    /// The client has gone: so does the call.
    fn left(mut self, lanes: &Arc<Lanes>, exchange: &Exchange, done: Done) {
        self.taken.dropped(done.usage, lanes.clock.now());
        exchange.cut();
        self.ended(lanes, exchange.number, done, Ended::Left);
    }

    fn ended(self, lanes: &Arc<Lanes>, number: u64, done: Done, how: Ended) {
        let served = Served {
            lane: self.lane,
            place: self.taken.place,
            request_id: self.id,
            stream: self.envelope.stream,
            size: (self.envelope.text_bytes(), self.envelope.images()),
            status: done.status,
            arrived: self.arrived,
            admitted: self.taken.admitted,
            committed: done.committed,
            ended: lanes.clock.now(),
            sent: done.sent,
            usage: done.usage,
            how,
        };
        lanes.ended(number, served);
    }

    fn hand_over(self, lanes: &Arc<Lanes>, exchange: Exchange, happened: Happened) {
        let (lane, place, admitted) = (self.lane.number, self.taken.place, self.taken.admitted);
        let (request_id, arrived, taken) = (self.id, self.arrived, self.taken);
        let (number, own) = (exchange.number, Arc::clone(lanes));
        let begun = Begun { lanes: own, number, lane, place, request_id, arrived, admitted, taken, happened };
        lanes.hand_over(exchange, begun);
    }

    fn call(&self, candidate: &Candidate, headers: &HeaderMap) -> Option<Call> {
        let rewrite = Rewrite {
            model: &candidate.model,
            include_usage: self.lane.asks_for_usage && candidate.tells_usage,
            ..Rewrite::default()
        };
        let rewritten = self.envelope.rewrite(&self.body, &rewrite).ok()?;
        let mut body = vec![0; rewritten.size()];
        rewritten.copy_to(&mut body);
        let Address { path, query } = if self.envelope.stream { &candidate.stream } else { &candidate.plain };
        Some(Call {
            method: Method::POST,
            path: path.clone(),
            query: query.clone(),
            headers: forwarded(headers),
            body: Bytes::from(body),
            connect_timeout: self.lane.timeouts.connect,
        })
    }

    fn reading(&self, candidate: &Candidate) -> Reading {
        let envelope = &self.envelope;
        Reading {
            wire: self.lane.dialect,
            stream: envelope.stream,
            hide_usage: candidate.tells_usage && self.lane.asks_for_usage && !envelope.include_usage,
            choices: envelope.choices,
            last_event: self.lane.last_event.clone(),
        }
    }

    fn patience(&self, exchange: &Exchange) -> Patience {
        let timeouts = &self.lane.timeouts;
        Patience {
            first_byte: timeouts.first_byte,
            idle: timeouts.idle,
            attempt: timeouts.attempt,
            until: Instant::from_std(exchange.arrived) + timeouts.total,
        }
    }

    /// The head of the client's answer: what passes of the provider's, the request's id and the way it took.
    fn head(&self, candidate: &Candidate, status: u16, upstream: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(12);
        for (name, value) in upstream.iter().filter(|(name, _)| reaches_client(name.as_ref())) {
            headers.append(name, value.clone());
        }
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            for name in &self.lane.id_headers {
                headers.append(name, id.clone());
            }
        }
        for (name, value) in &candidate.headers {
            headers.append(name, value.clone());
        }
        let digits = StatusCode::from_u16(status).unwrap_or_default();
        let attempts = [candidate.label.as_bytes(), b":", digits.as_str().as_bytes()].concat();
        if let Ok(attempts) = HeaderValue::from_maybe_shared(Bytes::from(attempts)) {
            headers.append(ATTEMPTS, attempts);
        }
        headers.append(QUEUE, HeaderValue::from_static("0"));
        headers
    }

    /// Lets no more through to the instance than its provider says is left.
    fn heed(&self, candidate: &Candidate, headers: &HeaderMap, now: Nanos) {
        let told: Vec<(&[u8], &[u8])> =
            pairs(headers).filter(|(name, _)| name.windows(10).any(|part| part == b"ratelimit-")).collect();
        if told.is_empty() {
            return;
        }
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
        for status in parse_rate_limits(&told, u64::try_from(unix_ms).unwrap_or(u64::MAX)) {
            let (dimension, is_rated) = match status.dimension {
                "output_tokens" => continue,
                "requests" => (Dimension::Requests, candidate.rated_requests),
                _ => (Dimension::Tokens, candidate.rated_tokens),
            };
            let (remaining, until) = (status.remaining, now.saturating_add(status.reset_in));
            self.lane.room.with(&mut |room| {
                // A scope that a reload has taken away needs no heed.
                if is_rated {
                    let told = Told { remaining, reset_at: until, observed_at: now };
                    let _ = room.tighten(&candidate.scope, dimension, told, now);
                } else if remaining == 0 {
                    let _ = room.block_until(&candidate.scope, until, now);
                }
            });
        }
    }
}

fn stopped() -> Break {
    Break { signal: "reset", detail: STOPPING.to_owned(), error: None, sequence_number: None }
}

fn broke(signal: &'static str, detail: &str) -> Failed {
    Failed::Broke { signal, detail: detail.to_owned(), body: None }
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers.iter().map(|(name, value)| (name.as_ref(), value.as_bytes()))
}

fn forwarded(headers: &HeaderMap) -> Vec<Header> {
    let upstream = Upstream::of(pairs(headers));
    let taken = headers.iter().filter(|(name, _)| upstream.takes(name.as_ref()));
    taken.map(|(name, value)| (name.clone(), value.clone())).collect()
}
