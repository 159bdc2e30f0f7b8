//! What history costs beside its peers: `NOCTOP_PEERS=FOLDER cargo bench --bench store [-- ROUNDS]`. The folder holds `tsbench`, which writes
//! one day of 1,000 series with times of their own; `victoria-metrics`, `promtool`, `prometheus` and `rrdtool` are taken from PATH.
//! Whoever is missing is named. Every sample is a process of its own, servers listen on loopback alone and are ended; ours and the
//! peers' take turns, and medians are compared. Prints the tables for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::config::Config;
use noctop::engine::import::{Import, import};
use noctop::engine::{Hosting, OpenOptions};
use noctop::history::{SledStore, Store};
use noctop::model::series::named_part;
use noctop::model::{DeviceId, EntityKey, Metric, TimeRange, Timestamp};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Series of the dump, and samples of each: a day at one a minute.
const SERIES: u64 = 1000;
const SAMPLES: u64 = SERIES * 1440;
/// The dump's first second: 2026-11-20 00:00 UTC.
const FIRST: i64 = 1_795_132_800;

/// Where the servers listen.
const VICTORIA: &str = "127.0.0.1:18428";
const PROMETHEUS: &str = "127.0.0.1:19090";
/// The longest that one answer of a server is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// VictoriaMetrics merges its parts in the background after it was told to.
const MERGE: Duration = Duration::from_secs(4);
/// Series read one after the other for one sample of a read.
const READS: u64 = 100;
/// Updates of each series in one sample of rrdtool.
const UPDATES: u64 = 10;

/// Figures by name; each a list of samples.
#[derive(Default)]
struct Figures(BTreeMap<&'static str, Vec<f64>>);

impl Figures {
    fn put(&mut self, name: &'static str, figure: f64) {
        self.0.entry(name).or_default().push(figure);
    }

    fn median(&self, name: &str) -> Option<f64> {
        let mut figures = self.0.get(name)?.clone();
        figures.sort_by(f64::total_cmp);
        Some(figures[figures.len() / 2])
    }

    fn ratio(&self, own: &str, other: &str) -> String {
        match (self.median(own), self.median(other)) {
            (Some(own), Some(other)) => format!("{:.3}", own / other),
            _ => "not measured".into(),
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["import", file, data] => own_import(Path::new(file), Path::new(data)),
        ["read", data] => own_read(Path::new(data)),
        [rounds] => compare(rounds.parse().unwrap()),
        _ => compare(5),
    }
}

// ---- our side, in processes of its own

fn own_import(file: &Path, data: &Path) {
    let options = OpenOptions::new(Config::default(), Hosting::Always).data(Some(data.to_owned()));
    let mut input = BufReader::with_capacity(1 << 20, File::open(file).unwrap());
    let watch = Stopwatch::start();
    let imported = import(options, Import { input: &mut input, maps: BTreeMap::new(), progress: &mut |_| {} }).unwrap();
    assert_eq!((imported.samples, imported.refused_in_all()), (SAMPLES, 0), "{:?}", imported.refused);
    println!("wall_s={} rss_mb={}", secs(watch), status_kb("VmHWM:") / 1024.0);
}

fn entity(metric: &str, series: u64) -> EntityKey {
    let part = named_part(Some(&(series % 8).to_string()), metric);
    EntityKey { device: DeviceId::new(&format!("sw{}", series / 8)), part: Some(part) }
}

/// The metrics of the dump, the costliest to unpack first.
const METRICS: [&str; 8] = ["in_octets", "in_pkts", "idle_octets", "in_errors", "cpu_pct", "oper_status", "rtt_us", "sysuptime"];

fn own_read(data: &Path) {
    let watch = Stopwatch::start();
    let store = SledStore::open(data).unwrap();
    let opened = secs(watch);
    let range = TimeRange { from: Timestamp::from_secs(FIRST - 60), to: Timestamp::from_secs(FIRST + 86_500) };
    let read = |metric: &str, series| {
        let watch = Stopwatch::start();
        let samples = store.samples_read(&entity(metric, series), Metric::NamedWhole, range).unwrap();
        assert_eq!(samples.len(), 1440);
        secs(watch) * 1e3
    };
    let first = median((0..READS).map(|series| read("in_octets", series)).collect());
    let again = median((0..READS).map(|series| read("in_octets", series)).collect());
    let mixed = median((0..READS).map(|series| read(METRICS[series as usize % 8], series)).collect());
    println!(
        "open_ms={} first_ms={first} again_ms={again} mixed_ms={mixed} rss_mb={}",
        opened * 1e3,
        status_kb("VmHWM:") / 1024.0
    );
}

fn own(arguments: &[&str]) -> String {
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn figure(text: &str, key: &str) -> f64 {
    let found = text.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    found.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("no {key} in {text}"))
}

/// An import, its size on disk, an open and reads; `prefix` is which dump it was.
fn measure_own(names: [&'static str; 3], (file, folder): (&Path, &Path), figures: &mut Figures) {
    let data = folder.join("own");
    let before = children_ms();
    let told = own(&["import", file.to_str().unwrap(), data.to_str().unwrap()]);
    figures.put(names[0], (children_ms() - before) * 1000.0 / SAMPLES as f64);
    figures.put(names[1], bytes(&data.join("raw")) / SAMPLES as f64);
    figures.put(names[2], bytes(&data) / SAMPLES as f64);
    if names[0] == "own cpu" {
        figures.put("own blocks", blocks(&data) / SAMPLES as f64);
        figures.put("own rss", figure(&told, "rss_mb"));
        let told = own(&["read", data.to_str().unwrap()]);
        for (name, key) in
            [("own open", "open_ms"), ("own first", "first_ms"), ("own again", "again_ms"), ("own mixed", "mixed_ms")]
        {
            figures.put(name, figure(&told, key));
        }
        figures.put("own read rss", figure(&told, "rss_mb"));
    }
    fs::remove_dir_all(&data).unwrap();
}

// ---- the peers

/// A server that is ended with the measurement.
struct Server(Child);

impl Server {
    fn start(program: &str, arguments: &[String], address: &str, path: &str) -> Option<Self> {
        let child = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let server = Self(child);
        for _ in 0..200 {
            if http(address, path, None).is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("MISSING: {program} (it does not answer)");
        None
    }

    fn cpu_ms(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10.0
    }

    fn peak_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Ends it as an operator would, so that it writes what it has.
    fn end(mut self) {
        let pid = self.0.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// One request; the whole answer, or `None` where nobody listens.
fn http(address: &str, path: &str, body: Option<&[u8]>) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let method = if body.is_some() { "POST" } else { "GET" };
    let length = body.map_or(0, <[u8]>::len);
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
        .ok()?;
    stream.write_all(body.unwrap_or_default()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

fn query(address: &str, series: u64) -> f64 {
    let (device, port) = (series / 8, series % 8);
    let path = format!(
        "/api/v1/query_range?query=in_octets%7Bdevice%3D%22sw{device}%22%2CifIndex%3D%22{port}%22%7D&start={FIRST}&end={}&step=60&nocache=1",
        FIRST + 86_400
    );
    let watch = Stopwatch::start();
    let answer = http(address, &path, None).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.len() > 10_000, "{}", answer.get(..200).unwrap_or(&answer));
    secs(watch) * 1e3
}

fn victoria(dump: &[u8], folder: &Path, figures: &mut Figures) {
    let data = folder.join("vm");
    let arguments = [
        format!("-storageDataPath={}", data.display()),
        format!("-httpListenAddr={VICTORIA}"),
        "-retentionPeriod=100y".to_owned(),
        "-loggerLevel=ERROR".to_owned(),
    ];
    let Some(server) = Server::start("victoria-metrics", &arguments, VICTORIA, "/health") else { return };
    let before = server.cpu_ms();
    http(VICTORIA, "/api/v1/import", Some(dump)).unwrap();
    http(VICTORIA, "/internal/force_flush", None).unwrap();
    figures.put("vm cpu", (server.cpu_ms() - before) * 1000.0 / SAMPLES as f64);
    http(VICTORIA, "/internal/force_merge", None).unwrap();
    std::thread::sleep(MERGE);
    figures.put("vm cpu merged", (server.cpu_ms() - before) * 1000.0 / SAMPLES as f64);
    figures.put("vm read", median((0..READS).map(|series| query(VICTORIA, series)).collect()));
    figures.put("vm rss", server.peak_mb());
    server.end();
    figures.put("vm data", bytes(&data.join("data")) / SAMPLES as f64);
    figures.put("vm disk", bytes(&data) / SAMPLES as f64);
    figures.put("vm blocks", blocks(&data) / SAMPLES as f64);
    fs::remove_dir_all(&data).unwrap();
}

fn prometheus(text: &Path, folder: &Path, figures: &mut Figures) {
    let data = folder.join("prometheus");
    let before = children_ms();
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", text.to_str().unwrap(), data.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("MISSING: promtool (not in PATH, or it failed)");
        return;
    }
    figures.put("prometheus cpu", (children_ms() - before) * 1000.0 / SAMPLES as f64);
    figures.put("prometheus disk", bytes(&data) / SAMPLES as f64);
    let config = folder.join("prometheus.yml");
    fs::write(&config, "global: {scrape_interval: 60s}\n").unwrap();
    let arguments = [
        format!("--config.file={}", config.display()),
        format!("--storage.tsdb.path={}", data.display()),
        "--storage.tsdb.retention.time=100y".to_owned(),
        format!("--web.listen-address={PROMETHEUS}"),
        "--log.level=error".to_owned(),
    ];
    if let Some(server) = Server::start("prometheus", &arguments, PROMETHEUS, "/-/ready") {
        figures.put("prometheus read", median((0..READS).map(|series| query(PROMETHEUS, series)).collect()));
        figures.put("prometheus rss", server.peak_mb());
        server.end();
    }
    fs::remove_dir_all(&data).unwrap();
}

/// Gives commands to one `rrdtool -`; returns wall seconds.
fn rrdtool(commands: &str) -> Option<f64> {
    let watch = Stopwatch::start();
    let mut child = Command::new("rrdtool").arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    let text = commands.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).is_ok());
    let mut answer = String::new();
    child.stdout.take()?.read_to_string(&mut answer).ok()?;
    let ended = child.wait().ok()?.success() && writer.join().ok()?;
    assert!(!answer.contains("ERROR"), "{}", answer.lines().find(|line| line.contains("ERROR")).unwrap_or_default());
    ended.then(|| secs(watch))
}

/// As the anchors do: one data source a file; a day and a half of minutes, two weeks of five minutes, a year of hours.
fn rrd_create(folder: &Path) -> bool {
    fs::create_dir_all(folder).unwrap();
    let commands: String = (0..SERIES)
        .map(|series| {
            format!(
                "create {}/{series}.rrd --start {} --step 60 DS:v:DERIVE:120:0:U RRA:AVERAGE:0.5:1:2880 \
                 RRA:AVERAGE:0.5:5:4032 RRA:AVERAGE:0.5:60:8760 RRA:MAX:0.5:60:8760\n",
                folder.display(),
                FIRST - 60
            )
        })
        .collect();
    let made = rrdtool(&commands).is_some();
    if !made {
        println!("MISSING: rrdtool (not in PATH, or it failed)");
    }
    made
}

fn rrd(folder: &Path, round: u64, figures: &mut Figures) {
    let value = |series: u64, minute: u64| (series + 1) * 1_000_003 * minute + series * minute % 977;
    let minutes = round * (UPDATES + 70)..round * (UPDATES + 70) + UPDATES;
    let at = |minute: u64| FIRST as u64 + minute * 60;
    let updates: String = minutes
        .clone()
        .flat_map(|minute| {
            (0..SERIES).map(move |series| (series, minute)).map(|(series, minute)| {
                format!("update {}/{series}.rrd {}:{}\n", folder.display(), at(minute), value(series, minute))
            })
        })
        .collect();
    let before = children_ms();
    rrdtool(&updates).unwrap();
    figures.put("rrd cpu", (children_ms() - before) * 1000.0 / (UPDATES * SERIES) as f64);
    let many: String = (0..SERIES)
        .map(|series| {
            let values = (minutes.end..minutes.end + 70).map(|minute| format!(" {}:{}", at(minute), value(series, minute)));
            format!("update {}/{series}.rrd{}\n", folder.display(), values.collect::<String>())
        })
        .collect();
    let before = children_ms();
    rrdtool(&many).unwrap();
    figures.put("rrd cpu many", (children_ms() - before) * 1000.0 / (70 * SERIES) as f64);
    let fetches: String = (0..READS)
        .map(|series| format!("fetch {}/{series}.rrd AVERAGE -s {FIRST} -e {}\n", folder.display(), FIRST + 86_340))
        .collect();
    figures.put("rrd read", rrdtool(&fetches).unwrap() * 1e3 / READS as f64);
}

// ---- all of them, in turn

fn compare(rounds: u64) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let peers = std::env::var_os("NOCTOP_PEERS").map(PathBuf::from).unwrap_or_default();
    let Some(dumps) = Dumps::make(&peers.join("tsbench"), folder) else {
        println!("MISSING: tsbench (looked in NOCTOP_PEERS={}). Nothing was measured.", peers.display());
        return;
    };
    let plain = fs::read(&dumps.plain).unwrap();
    let mut figures = Figures::default();
    let has_rrd = rrd_create(&folder.join("rrd"));
    if has_rrd {
        figures.put("rrd disk", bytes(&folder.join("rrd")) / SAMPLES as f64);
    }
    for round in 0..rounds {
        measure_own(["own cpu", "own data", "own disk"], (&dumps.plain, folder), &mut figures);
        victoria(&plain, folder, &mut figures);
        measure_own(["shared cpu", "shared data", "shared disk"], (&dumps.shared, folder), &mut figures);
        measure_own(["text cpu", "text data", "text disk"], (&dumps.text, folder), &mut figures);
        prometheus(&dumps.text, folder, &mut figures);
        measure_own(["influx cpu", "influx data", "influx disk"], (&dumps.influx, folder), &mut figures);
        if has_rrd {
            rrd(&folder.join("rrd"), round, &mut figures);
        }
    }
    print_tables(&figures, rounds);
}

/// The data set in each format, and once with one time for all series of a device and poll.
struct Dumps {
    plain: PathBuf,
    shared: PathBuf,
    text: PathBuf,
    influx: PathBuf,
}

impl Dumps {
    fn make(tsbench: &Path, folder: &Path) -> Option<Self> {
        let dump = |format: &str| {
            let path = folder.join(format!("dump.{format}"));
            let written =
                Command::new(tsbench).args(["dump", format, &SERIES.to_string()]).stdout(File::create(&path).ok()?).status();
            written.is_ok_and(|status| status.success()).then_some(path)
        };
        let (plain, text, influx) = (dump("vm")?, dump("om")?, dump("influx")?);
        let shared = folder.join("dump.shared");
        let mut times: BTreeMap<String, String> = BTreeMap::new();
        let mut out = std::io::BufWriter::new(File::create(&shared).ok()?);
        for line in BufReader::new(File::open(&plain).ok()?).lines() {
            let line = line.ok()?;
            let device = line.split("\"device\":\"").nth(1)?.split('"').next()?.to_owned();
            let (head, own) = line.split_once("\"timestamps\":")?;
            let all = times.entry(device).or_insert_with(|| own.to_owned());
            writeln!(out, "{head}\"timestamps\":{all}").ok()?;
        }
        out.flush().ok()?;
        Some(Self { plain, shared, text, influx })
    }
}

fn print_tables(figures: &Figures, rounds: u64) {
    let shown =
        |name: &str, digits: usize| figures.median(name).map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"));
    println!("\n{SERIES} series of a day, {SAMPLES} samples; medians of {rounds}\n");
    println!("| store | B/sample, all files | ingest CPU µs/sample | a day of a series, ms | peak RSS MB |");
    println!("|---|---|---|---|---|");
    let rows = [
        ("noctop, VictoriaMetrics JSON", "own disk", "own cpu", "own first", "own rss"),
        ("noctop, the same with one time a device and poll", "shared disk", "shared cpu", "", ""),
        ("noctop, OpenMetrics text", "text disk", "text cpu", "", ""),
        ("noctop, InfluxDB line protocol", "influx disk", "influx cpu", "", ""),
        ("VictoriaMetrics, its JSON", "vm disk", "vm cpu", "vm read", "vm rss"),
        ("Prometheus blocks, OpenMetrics text", "prometheus disk", "prometheus cpu", "prometheus read", "prometheus rss"),
        ("rrdtool, one update a call, one process", "rrd disk", "rrd cpu", "rrd read", ""),
        ("rrdtool, 70 samples a call", "", "rrd cpu many", "", ""),
    ];
    for (store, disk, cpu, read, rss) in rows {
        println!("| {store} | {} | {} | {} | {} |", shown(disk, 3), shown(cpu, 3), shown(read, 3), shown(rss, 0));
    }
    println!("\n| figure | noctop | VictoriaMetrics |\n|---|---|---|");
    println!("| samples with their index alone, B/sample | {} | {} |", shown("own data", 3), shown("vm data", 3));
    println!("| blocks of the disk, all files, B/sample | {} | {} |", shown("own blocks", 3), shown("vm blocks", 3));
    println!("| ingest and merge, CPU µs/sample | {} | {} |", shown("own cpu", 3), shown("vm cpu merged", 3));
    println!("| open, ms | {} | |", shown("own open", 1));
    println!(
        "| a day of a series: first, again, of all kinds, ms | {}, {}, {} | {} |",
        shown("own first", 3),
        shown("own again", 3),
        shown("own mixed", 3),
        shown("vm read", 3)
    );
    println!("\n| goal | wanted | measured |\n|---|---|---|");
    println!(
        "| G8 all files beside VictoriaMetrics' data folder alone, own times | ≤ 0.85 | {} |",
        figures.ratio("own disk", "vm data")
    );
    println!("| G8 the same, one time a device and poll | ≤ 0.5 | {} |", figures.ratio("shared disk", "vm data"));
    println!("| G9 CPU beside VictoriaMetrics | ≤ 1 | {} |", figures.ratio("own cpu", "vm cpu"));
    println!("| G9 CPU beside rrdtool, single updates | ≤ 0.04 | {} |", figures.ratio("own cpu", "rrd cpu"));
    println!("| G10 a day of a series beside rrdtool fetch | ≤ 0.2 | {} |", figures.ratio("own first", "rrd read"));
}

// ---- measuring

fn secs(watch: Stopwatch) -> f64 {
    watch.elapsed().as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn files(path: &Path, of: &dyn Fn(&fs::Metadata) -> u64) -> u64 {
    let Ok(found) = fs::read_dir(path) else { return 0 };
    let sizes = found.flatten().map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => files(&entry.path(), of),
        Ok(data) => of(&data),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Octets of all files, as their lengths say.
fn bytes(path: &Path) -> f64 {
    files(path, &fs::Metadata::len) as f64
}

/// Octets of all files, as they take blocks (512 octets by POSIX).
fn blocks(path: &Path) -> f64 {
    files(path, &|data| std::os::unix::fs::MetadataExt::blocks(data) * 512) as f64
}

/// CPU time of the children that have ended, in clock ticks of 10 ms (proc(5), fields 16 and 17).
fn children_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) * 10.0
}

fn status_kb(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
