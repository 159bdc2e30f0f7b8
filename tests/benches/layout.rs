//! What the map costs: `cargo bench --bench layout [-- NODES]`, 10,000 nodes and 1.2 links each unless told.
//!
//! A core ring, distribution switches with two uplinks, access switches with one, a sixth of them with a second. The layout in
//! processor time, beside graphviz' sfdp on the same graph where that is installed (the bar is 0.3 of it); one node added to the
//! finished layout (the bar is a hundredth of a layout); and building a frame of the console: the map culled to what is in
//! view, the whole from afar, the tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::engine::Update;
use noctop::model::{DeviceStatus, Role};
use noctop::query::Screen;
use noctop::state::view::{Chrome, GraphEdge, GraphNode, GraphView, View, ViewBody};
use noctop::ui::UiState;
use noctop::ui::console::Console;
use noctop::ui::keymap::Key;
use noctop::ui::layout::{Layout, Plan, PlanNode, compute};
use noctop::ui::state::Place;
use noctop::ui::widget::map::{Arrangement, Density, grow};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Clock ticks in a second, as the kernel tells processor time (proc(5)).
const TICKS: f64 = 100.0;
/// Layouts and frames of which the median is told.
const ROUNDS: usize = 15;
/// Nodes that are added one by one.
const ADDED: usize = 100;
/// Cells of the screen.
const SIZE: Size = Size::new(120, 36);

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }
}

/// The links, and where distribution and access begin.
fn network(nodes: usize) -> (Vec<(usize, usize)>, [usize; 2]) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (core, dist) = ((nodes / 500).max(4), (nodes / 25).max(8));
    let mut links: Vec<(usize, usize)> = (0..core).map(|at| (at, (at + 1) % core)).collect();
    for at in core..core + dist {
        links.extend([(at, random.below(core)), (at, random.below(core))]);
    }
    links.extend((core + dist..nodes).map(|at| (at, core + random.below(dist))));
    links.extend((0..nodes / 6).map(|_| (core + dist + random.below(nodes - core - dist), core + random.below(dist))));
    (links, [core, core + dist])
}

fn layer(at: usize, [dist, access]: [usize; 2]) -> u8 {
    u8::from(at >= dist) + u8::from(at >= access) + 1
}

fn plan(nodes: usize, (links, from): &(Vec<(usize, usize)>, [usize; 2])) -> Plan {
    let node = |at: usize| PlanNode {
        id: format!("chassis:02:00:{at:08}"),
        label: format!("node-{at}"),
        layer: layer(at, *from) + 1,
        width: 12,
        height: 1,
    };
    // Parallel links are one line of the map, as the view bundles them.
    let edges: BTreeSet<(usize, usize)> = links.iter().filter(|(a, b)| a != b).map(|(a, b)| (*a.min(b), *a.max(b))).collect();
    Plan { nodes: (0..nodes).map(node).collect(), edges: edges.into_iter().collect(), width: 200 }
}

/// Milliseconds that this thread was on a processor. Source: sched-stats.rst of Linux, /proc/PID/schedstat.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn cpu_of(mut work: impl FnMut()) -> f64 {
    let before = cpu_ms();
    work();
    cpu_ms() - before
}

/// Processor time of children that ended, seconds. Source: proc(5), stat fields cutime and cstime.
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[13..15].iter().map(|ticks| ticks.parse::<f64>().unwrap() / TICKS).sum()
}

/// What sfdp takes for the same graph, seconds of processor time; `None` where it is not installed.
fn sfdp(links: &[(usize, usize)]) -> Option<f64> {
    let mut dot = "graph g {".to_owned();
    for (a, b) in links {
        write!(dot, "{a}--{b};").unwrap();
    }
    dot.push('}');
    let before = children_cpu();
    let mut child =
        Command::new("sfdp").arg("-Tplain").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    child.stdin.take().unwrap().write_all(dot.as_bytes()).unwrap();
    child.wait().unwrap();
    Some(children_cpu() - before)
}

fn layouts(plan: &Plan, links: &[(usize, usize)]) {
    let mut layout = Layout::default();
    let each: Vec<f64> = (0..ROUNDS).map(|_| cpu_of(|| layout = compute(plan, None))).collect();
    let full = median(each);
    println!("layout                    {full:>9.2} ms of CPU, {} by {} cells", layout.width, layout.height);
    let again = median((0..ROUNDS).map(|_| cpu_of(|| drop(compute(plan, Some(&layout))))).collect());
    println!("layout after a change     {again:>9.2} ms of CPU");
    let near = |number: usize| plan.edges[plan.edges.len() / 2 + number].1;
    let new = |number: usize| PlanNode { id: format!("new:{number}"), ..plan.nodes[plan.nodes.len() - 1].clone() };
    let mut grown = layout.clone();
    let one = cpu_of(|| (0..ADDED).for_each(|number| assert!(grown.insert(&new(number), &[near(number)])))) / ADDED as f64;
    println!("one node added            {one:>9.3} ms of CPU, 1/{:.0} of a layout", full / one);
    let mut map = Arrangement { plan: plan.clone(), layout, density: Density::Compact, of: 0, room: (0, 0) };
    let mut wanted = plan.clone();
    let mut found = Vec::new();
    for number in 0..ROUNDS {
        wanted.nodes.push(new(number));
        wanted.edges.push((near(number), wanted.nodes.len() - 1));
        found.push(cpu_of(|| assert!(grow::grow(&mut map, &wanted))));
    }
    let found = median(found);
    println!("  and found in a new view {found:>9.3} ms of CPU, 1/{:.0} of a layout", full / found);
    match sfdp(links) {
        Some(seconds) => println!(
            "sfdp                      {:>9.0} ms of CPU: the layout takes {:.4} of it",
            seconds * 1e3,
            full / 1e3 / seconds
        ),
        None => println!("sfdp is not installed: no ratio"),
    }
}

fn graph(nodes: usize, (links, from): &(Vec<(usize, usize)>, [usize; 2])) -> GraphView {
    let node = |at: usize| GraphNode {
        id: format!("chassis:02:00:{at:08}"),
        label: format!("node-{at}"),
        role: Role::Switch,
        layer: layer(at, *from),
        status: if at.is_multiple_of(97) { DeviceStatus::Down } else { DeviceStatus::Up },
        alarm: None,
        count: 1,
        count_up: 1,
        neighbour: false,
        faults: Vec::new(),
        site: Some(format!("site {}, building {}", at % 30, at % 4)),
        matches: 0,
    };
    let pairs: BTreeSet<(usize, usize)> = links.iter().filter(|(a, b)| a != b).map(|(a, b)| (*a.min(b), *a.max(b))).collect();
    let edge = |(a, b): (usize, usize)| GraphEdge {
        a: format!("chassis:02:00:{a:08}"),
        b: format!("chassis:02:00:{b:08}"),
        a_port: Some("Te1/0/1".to_owned()),
        b_port: Some("Te1/1/1".to_owned()),
        count: 1,
        count_up: Some(1),
        speed_bps: Some(10_000_000_000),
        utilisation: Some(a as f64 % 100.0 / 100.0),
        errors_per_second: Some(0.0),
        stp_blocked: false,
        one_sided: false,
    };
    GraphView {
        nodes: (0..nodes).map(node).collect(),
        edges: pairs.into_iter().map(edge).collect(),
        total_nodes: nodes,
        total_links: links.len(),
        ..GraphView::default()
    }
}

/// A frame of the console after some keys, median.
fn frame(name: &str, (graph, keys): (&Arc<View>, &str)) {
    let mut console = Console::new(UiState::new(Place::screen(Screen::Topology), SIZE));
    let watch = console.state.watch;
    for _ in 0..2 {
        console.update(Update::View(watch, Arc::clone(graph)));
    }
    for key in keys.split_whitespace() {
        console.key(Key::parse(key).unwrap());
        // A large map is laid out beside the console.
        let waiting = Stopwatch::start();
        while waiting.elapsed() < Duration::from_millis(400) {
            console.update(Update::View(watch, Arc::clone(graph)));
        }
    }
    let mut buf = Buffer::empty(Rect::new(0, 0, SIZE.width, SIZE.height));
    let mut times = Vec::new();
    for _ in 0..ROUNDS * 3 {
        buf.reset();
        times.push(cpu_of(|| {
            console.draw(&mut buf);
        }));
    }
    let shown = (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (x, y))).filter(|at| buf[*at].symbol() != " ").count();
    println!("{name:<25} {:>9.2} ms of CPU, {shown} cells drawn", median(times));
    let taken = median((0..ROUNDS).map(|_| cpu_of(|| drop(console.update(Update::View(watch, Arc::clone(graph)))))).collect());
    println!("  taking a view in        {taken:>9.2} ms of CPU");
}

fn main() {
    let nodes: usize = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(10_000);
    let network = network(nodes);
    println!("{nodes} nodes, {} links", network.0.len());
    layouts(&plan(nodes, &network), &network.0);
    let view = |graph: GraphView| Arc::new(View { chrome: Chrome::default(), body: ViewBody::Topology(Box::new(graph)) });
    let whole = view(graph(nodes, &network));
    frame("frame: places from afar", (&whole, ""));
    frame("frame: map, culled", (&whole, "z"));
    frame("frame: tree", (&whole, "v"));
}
