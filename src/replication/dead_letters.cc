#include "replication/dead_letters.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/text/json.hpp"
#include "brokers/message_json.hpp"
#include "peers/record.hpp"

namespace reef::replication {

using namespace model;
using namespace std::chrono_literals;

namespace {

constexpr std::array<std::chrono::nanoseconds, 3> pauses{200ms, 1s, 5s};
constexpr std::size_t retries_max = 100;  // beyond it, it is not one record that is wrong
constexpr std::chrono::milliseconds record_timeout{3000};
constexpr store::ScanLimits piece{500, 4 << 20};

bool is_row(const store::DeadLetter& letter) {
    return letter.source.starts_with("row/");
}

bool is_message(const store::DeadLetter& letter) {
    return letter.source.starts_with(brokers::message_letter);
}

std::vector<Dot> names_of(const std::vector<store::DeadLetter>& letters) {
    std::vector<Dot> names;
    for (const store::DeadLetter& letter : letters)
        names.push_back({letter.source, letter.seq});
    return names;
}

}  // namespace

Task<std::size_t> DeadLetters::replay(std::uint64_t id) {
    auto there = asio::co_spawn(parts_.executor, replay_here(id), asio::use_awaitable);
    co_return co_await std::move(there);
}

Task<std::size_t> DeadLetters::discard(std::uint64_t id) {
    auto there = asio::co_spawn(parts_.executor, discard_here(id), asio::use_awaitable);
    co_return co_await std::move(there);
}

Task<std::size_t> DeadLetters::waive(std::uint64_t id, std::string reason) {
    auto there =
        asio::co_spawn(parts_.executor, waive_here(id, std::move(reason)), asio::use_awaitable);
    co_return co_await std::move(there);
}

Task<DeadLetters::Letters> DeadLetters::all() {
    Letters all;
    for (std::uint64_t after = 0;;) {
        auto letters = co_await parts_.reader.dead_letters(after, piece);
        if (!letters) co_return letters.error();
        if (letters->empty()) break;
        after = letters->back().id;
        std::move(letters->begin(), letters->end(), std::back_inserter(all));
    }
    co_return all;
}

// Returns all letters of the record that letter `id` is about; only that letter if its record is
// not known.
Task<DeadLetters::Letters> DeadLetters::of_record_of(std::uint64_t id) {
    auto letters = co_await all();
    if (!letters) co_return letters;
    const auto meant = std::find_if(letters->begin(), letters->end(),
                                    [id](const auto& letter) { return letter.id == id; });
    if (meant == letters->end()) {
        co_return Error{Errc::not_found, "there is no dead letter " + std::to_string(id)};
    }
    const std::optional<RecordRef> record = meant->record;
    std::erase_if(*letters, [&record, id](const auto& letter) {
        return record ? letter.record != record : letter.id != id;
    });
    co_return letters;
}

Task<void> DeadLetters::replay_all_of(RecordRef ref) {
    auto letters = co_await all();
    if (!letters) co_return letters.error();
    std::erase_if(*letters, [&ref](const auto& letter) { return letter.record != ref; });
    if (letters->empty()) co_return Result<void>{};
    auto settlement = as_they_came(std::move(*letters));
    if (!settlement) co_return settlement.error();
    auto settled = co_await settle(std::move(*settlement));
    if (!settled) co_return settled.error();
    co_return Result<void>{};
}

Result<commit::Settlement> DeadLetters::as_they_came(Letters letters) const {
    commit::Settlement settlement;
    settlement.letters = names_of(letters);
    for (store::DeadLetter& letter : letters) {
        if (is_row(letter) && letter.record) {
            const auto json = parse_json(letter.body, json_depth_wrapped_max);
            if (!json) return json.error();
            auto row = read_row_json(parts_.schema[letter.record->resource], *json);
            if (!row) return row.error();
            settlement.rows.push_back(std::move(*row));
            continue;
        }
        auto change = parse_change(parts_.schema, letter.body);
        if (!change) return change.error();
        settlement.replayed.push_back({std::move(*change), std::move(letter.body)});
    }
    return settlement;
}

Task<std::size_t> DeadLetters::settle(commit::Settlement settlement) {
    auto settled = co_await parts_.committer.settle(std::move(settlement));
    if (!settled) co_return settled.error();
    co_return static_cast<std::size_t>(settled->changed);
}

Task<std::size_t> DeadLetters::replay_here(std::uint64_t id) {
    auto letters = co_await of_record_of(id);
    if (!letters) co_return letters.error();
    if (is_message(letters->front())) co_return co_await send_again(std::move(*letters));
    auto settlement = as_they_came(std::move(*letters));
    if (!settlement) co_return settlement.error();
    co_return co_await settle(std::move(*settlement));
}

Task<std::size_t> DeadLetters::discard_here(std::uint64_t id) {
    auto letters = co_await of_record_of(id);
    if (!letters) co_return letters.error();
    if (is_message(letters->front())) {
        std::string discarded{"discarded"};
        co_return co_await give_up(*letters, std::move(discarded));
    }
    const std::optional<RecordRef> record = letters->front().record;
    if (!record) {
        co_return Error{Errc::invalid,
                        "nobody can tell which record it is about: replay it once this node can "
                        "read it, or waive it"};
    }
    auto row = co_await row_of_a_peer(*record, *letters);
    if (!row) co_return row.error();
    commit::Settlement settlement;
    settlement.letters = names_of(*letters);
    settlement.rows.push_back(std::move(*row));
    co_return co_await settle(std::move(settlement));
}

Task<std::size_t> DeadLetters::waive_here(std::uint64_t id, std::string reason) {
    auto letters = co_await of_record_of(id);
    if (!letters) co_return letters.error();
    co_return co_await give_up(*letters, std::move(reason));
}

Task<std::size_t> DeadLetters::give_up(const Letters& letters, std::string reason) {
    commit::Settlement settlement;
    settlement.letters = names_of(letters);
    settlement.waived = reason.empty() ? "no reason given" : std::move(reason);
    co_return co_await settle(std::move(settlement));
}

// Sends the message to its topic again, where nodes read it as if it had just come.
Task<std::size_t> DeadLetters::send_again(Letters letters) {
    auto message = brokers::parse_message(letters.front().body);
    if (!message) co_return message.error();
    if (!parts_.broker) co_return Error{Errc::unavailable, "this node has no broker now"};
    Result<void> sent = co_await parts_.broker->send_again(std::move(*message));
    if (!sent) co_return sent.error();
    std::string done{"sent again"};
    co_return co_await give_up(letters, std::move(done));
}

// Asks the peers for the record, until one answers with a row that has all of these changes inside.
Task<Row> DeadLetters::row_of_a_peer(RecordRef ref, const Letters& letters) {
    const Resource& resource = parts_.schema[ref.resource];
    for (const auto& [name, calls] : parts_.calls) {
        auto row = co_await peers::record_of_peer(*calls, resource, ref, record_timeout);
        if (!row) continue;
        const bool inside = std::all_of(letters.begin(), letters.end(), [&row](const auto& letter) {
            return is_row(letter) || row->vector.covers({letter.source, letter.seq});
        });
        if (inside) co_return std::move(*row);
    }
    co_return Error{Errc::unavailable,
                    "no peer that can be reached has the record with these "
                    "changes inside"};
}

void DeadLetters::parked(const std::vector<commit::Parked>& letters) {
    for (const commit::Parked& parked : letters) {
        log::warn("A change was parked", {{"change", to_text(parked.letter)}});
        if (!parked.may_pass || retries_.size() >= retries_max) continue;
        retries_.push_back({parked.letter, 0, parts_.clock.steady() + pauses[0]});
    }
}

asio::awaitable<void> DeadLetters::retry() {
    for (;;) {
        Result<void> slept = co_await parts_.clock.sleep(100ms);
        if (!slept) co_return;  // stopping
        const auto now = parts_.clock.steady();
        const std::size_t count = retries_.size();
        for (std::size_t i = 0; i < count; ++i) {
            const Retry next = retries_.front();
            retries_.pop_front();
            if (next.due > now) {
                retries_.push_back(next);
                continue;
            }
            static_cast<void>(co_await try_again(next));
        }
    }
}

Task<void> DeadLetters::try_again(Retry retry) {
    if (!parts_.progress.ledger()->parked.contains(retry.letter)) co_return Result<void>{};
    std::uint64_t id = 0;
    for (std::uint64_t after = 0; id == 0;) {
        auto letters = co_await parts_.reader.dead_letters(after, piece);
        if (!letters) co_return letters.error();
        if (letters->empty()) co_return Result<void>{};
        after = letters->back().id;
        for (const store::DeadLetter& letter : *letters) {
            if (Dot{letter.source, letter.seq} == retry.letter) id = letter.id;
        }
    }
    auto went = co_await replay_here(id);
    const bool passed = went || went.error().code == Errc::not_found;
    if (!passed && went.error().code == Errc::rejected) ++retry.tries;
    if (passed || retry.tries >= pauses.size()) co_return Result<void>{};
    retry.due = parts_.clock.steady() + pauses[retry.tries];
    retries_.push_back(std::move(retry));
    co_return Result<void>{};
}

}  // namespace reef::replication
