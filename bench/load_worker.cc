#include "load_worker.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <ctime>

namespace reef::bench {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t patience_ns = 10 * second_ns;  // without any answer, or after the end
constexpr std::int64_t look_up_ns = second_ns / 10;
constexpr int statuses_max = 1000;

}  // namespace

std::int64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

Worker::Worker(const LoadOptions& options, std::uint32_t index, std::uint64_t seed)
    : options_(options),
      index_(index),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      statuses_(statuses_max) {
    Random seeds(seed);
    for (std::uint32_t i = index; i < options.connections; i += options.threads) {
        auto& connection =
            *connections_.emplace_back(std::make_unique<Connection>(options, i, seeds.next()));
        epoll_event event{};
        event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
        event.data.ptr = &connection;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket(), &event);
    }
    const std::uint64_t extra = index < options.count % options.threads ? 1 : 0;
    count_left_ = options.count / options.threads + extra;
}

Worker::~Worker() {
    close(epoll_);
}

void Worker::learn_versions() {
    for (auto& connection : connections_) {
        if (!connection->must_ask_version()) continue;
        connection->ask_version();
        waiting_ += 1;
    }
    last_answer_ns_ = now_ns();
    while (waiting_ > 0) {
        poll(look_up_ns, &Worker::learned);
        if (now_ns() - last_answer_ns_ > patience_ns) throw LoadError("no answer for 10 seconds");
    }
}

void Worker::learned(Connection& connection, std::int64_t) {
    if (!connection.must_ask_version()) return;
    connection.ask_version();
    waiting_ += 1;
}

void Worker::run(Window window) {
    window_ = window;
    last_answer_ns_ = now_ns();
    if (options_.rate > 0) {
        prctl(PR_SET_TIMERSLACK, 1000UL);  // the default would let each request start 50 µs late
        run_open();
    } else {
        run_closed();
    }
    if (waiting_ > 0) errors_["no answer"] += waiting_;
}

void Worker::run_closed() {
    for (auto& connection : connections_) {
        const auto now = now_ns();
        if (may_begin(now)) begin(*connection, now);
    }
    while (waiting_ > 0 && !given_up(now_ns()))
        poll(look_up_ns, &Worker::answered);
}

void Worker::run_open() {
    for (auto& connection : connections_)
        free_.push_back(connection.get());
    for (;;) {
        const auto now = now_ns();
        auto due = due_ns(begun_);
        while (!free_.empty() && due <= now && due < window_.end_ns) {
            Connection* connection = free_.front();
            free_.pop_front();
            begin(*connection, due);
            begun_ += 1;
            due = due_ns(begun_);
        }
        const bool all_begun = due >= window_.end_ns;
        if (all_begun && waiting_ == 0) return;
        if (given_up(now)) break;
        poll(free_.empty() || all_begun ? look_up_ns : due - now, &Worker::answered);
    }
    std::uint64_t unsent = 0;
    while (due_ns(begun_ + unsent) < window_.end_ns)
        unsent += 1;
    if (unsent > 0) errors_["never sent"] += unsent;
}

// Requests are due evenly; the threads take turns.
std::int64_t Worker::due_ns(std::uint64_t nth) const {
    const double turn = static_cast<double>(nth * options_.threads + index_);
    return window_.start_ns + std::llround(turn * static_cast<double>(second_ns) / options_.rate);
}

void Worker::poll(std::int64_t timeout_ns, OnAnswer on_answer) {
    std::array<epoll_event, 256> events;
    const timespec timeout{timeout_ns / second_ns, timeout_ns % second_ns};
    const int ready =
        epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    for (int i = 0; i < ready; ++i) {
        Connection& connection =
            *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        const Receipt receipt = connection.receive();
        if (receipt == Receipt::partial) continue;
        if (receipt == Receipt::lost) {
            epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.socket(), nullptr);
            errors_["connection lost"] += 1;
            waiting_ -= 1;
            continue;
        }
        waiting_ -= 1;
        last_answer_ns_ = now_ns();
        (this->*on_answer)(connection, last_answer_ns_);
    }
}

void Worker::answered(Connection& connection, std::int64_t now) {
    record(connection, now);
    if (connection.must_ask_version()) {
        connection.ask_version();
        waiting_ += 1;
    } else if (options_.rate > 0) {
        free_.push_back(&connection);
    } else if (may_begin(now)) {
        begin(connection, now);
    }
}

void Worker::record(const Connection& connection, std::int64_t now) {
    if (connection.asked() == Asked::version) return;
    const int status = connection.status();
    if (status < 200 || status > 299) errors_["status " + std::to_string(status)] += 1;
    // The closed loop counts what ended within the time, the open one what was due within it.
    const auto when = options_.rate > 0 ? connection.begun_ns : now;
    if (when < window_.measure_ns || when >= window_.end_ns) return;
    latencies_.add(now - connection.begun_ns);
    statuses_[static_cast<std::size_t>(status) % statuses_max] += 1;
}

void Worker::begin(Connection& connection, std::int64_t begun_ns) {
    connection.begun_ns = begun_ns;
    waiting_ += 1;
    switch (options_.mode) {
        case Mode::get:
            connection.read();
            break;
        case Mode::put:
            connection.write();
            break;
        case Mode::mixed:
            connection.read_or_write();
            break;
        case Mode::post:
            connection.create();
            break;
        case Mode::list:
            connection.list();
            break;
    }
}

bool Worker::may_begin(std::int64_t now) {
    if (options_.count == 0) return now < window_.end_ns;
    if (count_left_ == 0) return false;
    count_left_ -= 1;
    return true;
}

bool Worker::given_up(std::int64_t now) const {
    const auto last = std::max(last_answer_ns_, window_.start_ns);
    return now - last > patience_ns || now - patience_ns > window_.end_ns;
}

LoadResult Worker::result() const {
    LoadResult result;
    result.latencies = latencies_;
    result.errors = errors_;
    for (int status = 0; status < statuses_max; ++status) {
        const auto count = statuses_[static_cast<std::size_t>(status)];
        if (count > 0) result.statuses[status] = count;
    }
    return result;
}

}  // namespace reef::bench
