#include "node/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <fstream>

namespace reef::node {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

MetricFamily family(std::string name, std::string help, MetricType type) {
    MetricFamily made;
    made.name = std::move(name);
    made.help = std::move(help);
    made.type = type;
    return made;
}

void add(MetricFamily& to, Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
    to.metric.push_back(std::move(metric));
}

MetricFamily single(std::string name, std::string help, MetricType type, double value) {
    MetricFamily made = family(std::move(name), std::move(help), type);
    add(made, {}, value);
    return made;
}

double read(const std::atomic<std::uint64_t>& count) {
    return static_cast<double>(count.load(std::memory_order_relaxed));
}

std::string operation_name(const MetricSources& sources, std::size_t index) {
    return index < sources.operations.size() ? sources.operations[index].id : "none";
}

// A path that is spelled in two ways is one operation: their counts are added up by its name.
void add_requests(const MetricSources& sources, std::vector<MetricFamily>& families) {
    MetricFamily requests =
        family("atoll_http_requests_total", "Requests answered, by operation and class of status.",
               MetricType::Counter);
    MetricFamily seconds =
        family("atoll_http_request_duration_seconds",
               "Time from a request read whole to its answer made.", MetricType::Histogram);
    struct Sum {
        std::array<double, 6> by_class{};
        std::array<double, api::latency_bounds.size() + 1> latency{};
        double seconds = 0;
    };
    std::map<std::string, Sum> sums;
    for (const auto& thread : sources.traffic) {
        for (std::size_t i = 0; i < thread->counts().size(); ++i) {
            const auto& counts = thread->counts()[i];
            Sum& sum = sums[operation_name(sources, i)];
            for (std::size_t c = 0; c < sum.by_class.size(); ++c) {
                sum.by_class[c] += read(counts.by_class[c]);
            }
            for (std::size_t b = 0; b < sum.latency.size(); ++b) {
                sum.latency[b] += read(counts.latency[b]);
            }
            sum.seconds += read(counts.total_ns) / 1e9;
        }
    }
    for (const auto& [name, sum] : sums) {
        for (std::size_t c = 1; c < sum.by_class.size(); ++c) {
            if (sum.by_class[c] == 0) continue;
            add(requests, {{"operation", name}, {"status", std::to_string(c) + "xx"}},
                sum.by_class[c]);
        }
        ClientMetric metric;
        metric.label = {{"operation", name}};
        double total = 0;
        for (std::size_t b = 0; b < sum.latency.size(); ++b) {
            total += sum.latency[b];
            const double bound = b < api::latency_bounds.size()
                                     ? api::latency_bounds[b]
                                     : std::numeric_limits<double>::infinity();
            metric.histogram.bucket.push_back({static_cast<std::uint64_t>(total), bound});
        }
        metric.histogram.sample_count = static_cast<std::uint64_t>(total);
        metric.histogram.sample_sum = sum.seconds;
        if (total > 0) seconds.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(requests));
    families.push_back(std::move(seconds));
}

void add_store(const MetricSources& sources, std::vector<MetricFamily>& families) {
    const auto ledger = sources.progress.ledger();
    MetricFamily records =
        family("atoll_records", "Living records, by resource.", MetricType::Gauge);
    for (const model::Resource& resource : sources.schema.resources) {
        const auto digest = ledger->digests.find(resource.id);
        const std::uint64_t rows = digest == ledger->digests.end() ? 0 : digest->second.rows;
        add(records, {{"resource", resource.name}}, static_cast<double>(rows));
    }
    MetricFamily applied =
        family("atoll_applied_seq", "The last write of each origin that is applied here.",
               MetricType::Gauge);
    const model::Position retired = ledger->retired();
    for (const auto& [origin, mark] : ledger->origins) {
        if (retired.contains(origin)) continue;
        add(applied, {{"origin", origin}}, static_cast<double>(mark.applied));
    }
    families.push_back(std::move(records));
    families.push_back(std::move(applied));
    families.push_back(single("atoll_origins", "Lives of stores that are known here, of 4096.",
                              MetricType::Gauge,
                              static_cast<double>(ledger->origins.size() - retired.size())));
    families.push_back(single("atoll_origins_retired",
                              "Lives of stores that ended, and that all nodes have whole.",
                              MetricType::Gauge, static_cast<double>(retired.size())));
    families.push_back(
        single("atoll_vector_entries_largest",
               "Lives of stores that wrote to one record, of 1024: the most since the start.",
               MetricType::Gauge, read(sources.commits.vector_entries)));
}

void add_commits(const MetricSources& sources, std::vector<MetricFamily>& families) {
    std::uint64_t unreadable = 0;
    for (const auto& traffic : sources.traffic)
        unreadable += traffic->unreadable();
    families.push_back(single("atoll_unreadable_records_total",
                              "How often an answer met a record that cannot be read.",
                              MetricType::Counter, static_cast<double>(unreadable)));
    const commit::CommitCounts& counts = sources.commits;
    families.push_back(single("atoll_commit_batches_total", "Batches taken by the committer.",
                              MetricType::Counter, read(counts.batches)));
    families.push_back(single("atoll_commit_items_total", "Writes and runs of changes in them.",
                              MetricType::Counter, read(counts.items)));
    families.push_back(single("atoll_commit_waiting", "Writes that wait for the next batch.",
                              MetricType::Gauge, read(counts.waiting)));
    families.push_back(single("atoll_commit_refused_total", "Writes refused: the queue was full.",
                              MetricType::Counter, read(counts.refused_full)));
}

void add_replication(const MetricSources& sources, std::vector<MetricFamily>& families) {
    MetricFamily lag =
        family("atoll_replication_lag_seconds",
               "Age of the oldest change of a peer that is not applied here.", MetricType::Gauge);
    MetricFamily pending =
        family("atoll_replication_pending", "Changes of a peer that are not applied here.",
               MetricType::Gauge);
    MetricFamily trouble =
        family("atoll_replication_trouble",
               "1 while a peer's log no longer reaches back (needs_snapshot), it began "
               "with other rows (other_rows), two changes are under one of its names (fork), its "
               "clock is far ahead (clock_ahead), or its store had too many lives "
               "(too_many_lives).",
               MetricType::Gauge);
    MetricFamily round_trip = family("atoll_link_round_trip_seconds",
                                     "Round trip to a peer and back, smoothed.", MetricType::Gauge);
    for (const peers::PeerReport& peer : sources.peers.report()) {
        if (peer.round_trip_seconds)
            add(round_trip, {{"peer", peer.name}}, *peer.round_trip_seconds);
        add(lag, {{"peer", peer.name}}, peer.lag_seconds);
        add(pending, {{"peer", peer.name}}, static_cast<double>(peer.pending));
        for (const std::string& what : peer.troubles)
            add(trouble, {{"peer", peer.name}, {"kind", what}}, 1);
    }
    if (!lag.metric.empty()) families.push_back(std::move(lag));
    if (!pending.metric.empty()) families.push_back(std::move(pending));
    if (!round_trip.metric.empty()) families.push_back(std::move(round_trip));
    if (!trouble.metric.empty()) families.push_back(std::move(trouble));
    const auto counter = [&families](std::string name, std::string help, double value) {
        families.push_back(single(std::move(name), std::move(help), MetricType::Counter, value));
    };
    const replication::InboxCounts& inbox = sources.inbox;
    counter("atoll_replication_duplicates_total", "Changes that came again.",
            read(inbox.duplicates));
    counter("atoll_replication_early_total", "Changes that came before one that they follow.",
            read(inbox.early));
    counter("atoll_replication_filled_total", "Changes taken from a peer's log to fill a gap.",
            read(inbox.filled));
    counter("atoll_replication_forks_total", "Changes with another content under a known name.",
            read(inbox.forks));
    counter("atoll_replication_strangers_total", "Changes of nodes that the app does not have.",
            read(inbox.unknown_origins));
    counter("atoll_replication_refused_lives_total",
            "Changes of a life too many of a node's store.", read(inbox.refused_lives));
    counter("atoll_replication_snapshot_rows_total", "Rows taken from a peer's snapshot.",
            static_cast<double>(sources.snapshot_rows));
    families.push_back(single("atoll_dead_letters", "Changes that are parked with their records.",
                              MetricType::Gauge,
                              static_cast<double>(sources.progress.ledger()->parked.size())));
}

// What is so now comes and goes: of that there is no total.
void add_conflicts(const MetricSources& sources, std::vector<MetricFamily>& families) {
    MetricFamily total = family("atoll_conflicts_total",
                                "Writes that lost against others which they had not seen, by kind.",
                                MetricType::Counter);
    MetricFamily open = family("atoll_conflicts_open",
                               "Conflicts that nobody has settled, by kind.", MetricType::Gauge);
    for (const char* kind : {"fields", "life", "twin", "copies", "sql", "in_stead", "waived",
                             "unique", "dangling", "counter"}) {
        const auto found = sources.conflicts.find(kind);
        const bool none = found == sources.conflicts.end();
        const model::ConflictCount count = none ? model::ConflictCount{} : found->second;
        model::Conflict any;
        any.kind = kind;
        add(open, {{"kind", kind}}, static_cast<double>(count.open));
        if (!model::is_of_now(any)) add(total, {{"kind", kind}}, static_cast<double>(count.all));
    }
    families.push_back(std::move(total));
    families.push_back(std::move(open));
}

void add_broker(const MetricSources& sources, std::vector<MetricFamily>& families) {
    if (!sources.broker) return;
    const brokers::BrokerReport& broker = *sources.broker;
    const auto gauge = [&families](std::string name, std::string help, double value) {
        families.push_back(single(std::move(name), std::move(help), MetricType::Gauge, value));
    };
    gauge("atoll_broker_publishing", "1 while the broker takes this node's changes.",
          broker.publishing ? 1 : 0);
    gauge("atoll_broker_reading", "1 while this node reads from the broker.",
          broker.reading ? 1 : 0);
    gauge("atoll_broker_unpublished", "Changes of this node that the broker does not have yet.",
          static_cast<double>(broker.unpublished));
    families.push_back(single("atoll_broker_messages_total", "Messages read from the broker.",
                              MetricType::Counter, static_cast<double>(broker.arrived)));
    families.push_back(single("atoll_broker_not_signed_total",
                              "Changes without a good signature, which were not received.",
                              MetricType::Counter, static_cast<double>(broker.not_signed)));
    families.push_back(single("atoll_broker_put_aside_total",
                              "Messages that were no change, and were put aside.",
                              MetricType::Counter, static_cast<double>(broker.put_aside)));
    families.push_back(single("atoll_broker_foreign_total", "Messages of other programs.",
                              MetricType::Counter, static_cast<double>(broker.foreign)));
    families.push_back(single("atoll_broker_adopted_total",
                              "Messages of other programs that this node adopted.",
                              MetricType::Counter, static_cast<double>(broker.imported)));
}

void add_replicas(const MetricSources& sources, std::vector<MetricFamily>& families) {
    if (sources.replicas.empty()) return;
    MetricFamily up =
        family("atoll_replica_takes_reads", "1 while the replica is read from.", MetricType::Gauge);
    MetricFamily lag =
        family("atoll_replica_lag_seconds", "Age of the oldest change that the replica lacks.",
               MetricType::Gauge);
    MetricFamily pending =
        family("atoll_replica_pending", "Changes that the replica lacks.", MetricType::Gauge);
    MetricFamily refused = family("atoll_replica_refused_rows",
                                  "Rows that the replica's database refuses.", MetricType::Gauge);
    MetricFamily reads =
        family("atoll_replica_reads_total", "Reads of the replica.", MetricType::Counter);
    for (const api::ReplicaReport& replica : sources.replicas) {
        const Labels labels{{"replica", replica.name}};
        add(up, labels, replica.takes_reads ? 1 : 0);
        add(lag, labels, replica.lag_seconds);
        add(pending, labels, static_cast<double>(replica.pending));
        add(refused, labels, static_cast<double>(replica.refused));
        add(reads, labels, static_cast<double>(replica.reads));
    }
    for (MetricFamily* made : {&up, &lag, &pending, &refused, &reads})
        families.push_back(std::move(*made));
}

double resident_bytes() {
    std::ifstream file{"/proc/self/statm"};
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void add_process(const MetricSources& sources, std::vector<MetricFamily>& families) {
    families.push_back(single("atoll_http_connections", "Open connections.", MetricType::Gauge,
                              static_cast<double>(sources.server.open)));
    families.push_back(single("atoll_http_connections_total", "Connections accepted.",
                              MetricType::Counter, static_cast<double>(sources.server.accepted)));
    families.push_back(single("atoll_http_connections_refused_total",
                              "Connections refused: too many were open.", MetricType::Counter,
                              static_cast<double>(sources.server.refused)));
    families.push_back(single("process_resident_memory_bytes", "Resident memory.",
                              MetricType::Gauge, resident_bytes()));
    families.push_back(single("process_start_time_seconds", "Start of the process, unix time.",
                              MetricType::Gauge, sources.started));
}

}  // namespace

std::string metrics_text(const MetricSources& sources) {
    std::vector<MetricFamily> families;
    add_requests(sources, families);
    add_store(sources, families);
    add_commits(sources, families);
    add_replication(sources, families);
    add_conflicts(sources, families);
    add_broker(sources, families);
    add_replicas(sources, families);
    add_process(sources, families);
    return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace reef::node
