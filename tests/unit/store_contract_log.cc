// The log: chains of several origins, read piece by piece, trimmed from the old end.
#include "store_contract.hpp"

namespace reef::store::test {
namespace {

using Dots = std::vector<std::pair<OriginId, std::uint64_t>>;

TrimLimits no_limits() {
    TrimLimits limits;
    limits.requests_before = Time{0};
    limits.requests_max = UINT64_MAX;
    limits.log_before = Time{0};
    limits.log_bytes_max = UINT64_MAX;
    return limits;
}

TEST_P(StoreContract, FindsAChangeByItsDot) {
    LogEntry entry = entry_of(self, 1);
    entry.json = R"({"quote":"it's","emoji":"🐚"})";
    ASSERT_TRUE(succeeded(save_log({entry, entry_of(self, 2)})));
    const auto found = value_of_task(reader_->change({self, 1}));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->dot, entry.dot);
    EXPECT_EQ(found->at, entry.at);
    EXPECT_EQ(found->json, entry.json);
    EXPECT_EQ(found->hash, entry.hash);
    EXPECT_FALSE(value_of_task(reader_->change({self, 3})));
    EXPECT_FALSE(value_of_task(reader_->change({other, 1})));
    EXPECT_FALSE(value_of_task(reader_->change({self, 0})));
    ASSERT_TRUE(succeeded(save_log({entry_of(other, 1)})));
    EXPECT_TRUE(value_of_task(reader_->change({other, 1})));
}

TEST_P(StoreContract, TakesNoDotTwice) {
    ASSERT_TRUE(succeeded(save_log({entry_of(self, 1)})));
    const auto again = save_log({entry_of(self, 1, 300)});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::rejected);
    EXPECT_EQ(value_of_task(reader_->change({self, 1}))->json, entry_of(self, 1).json);
}

TEST_P(StoreContract, GivesTheTailsOfAllOrigins) {
    ASSERT_TRUE(succeeded(save_log({entry_of(self, 1), entry_of(other, 1), entry_of(self, 2)})));
    ASSERT_TRUE(succeeded(save_log({entry_of("ap.1", 1), entry_of(other, 2), entry_of(self, 3)})));
    EXPECT_EQ(dots_after({}),
              (Dots{{"ap.1", 1}, {other, 1}, {other, 2}, {self, 1}, {self, 2}, {self, 3}}));
    EXPECT_EQ(dots_after({{self, 2}, {other, 2}, {"zz.9", 5}}), (Dots{{"ap.1", 1}, {self, 3}}));
    EXPECT_TRUE(dots_after({{self, 3}, {other, 9}, {"ap.1", UINT64_MAX}}).empty());
}

TEST_P(StoreContract, GivesTailsPieceByPiece) {
    std::vector<LogEntry> entries;
    for (std::uint64_t seq = 1; seq <= 40; ++seq) {
        entries.push_back(entry_of(self, seq, 1000));
        if (seq % 2) entries.push_back(entry_of(other, seq / 2 + 1, 1000));
    }
    ASSERT_TRUE(succeeded(save_log(entries)));
    for (const ScanLimits limits :
         {ScanLimits{7, 1 << 20}, ScanLimits{1000, 2500}, ScanLimits{1000, 1}, ScanLimits{}}) {
        Position after;
        std::size_t count = 0;
        for (;;) {
            const Dots piece = dots_after(after, limits);
            if (piece.empty()) break;
            ASSERT_LE(piece.size(), limits.rows_max);
            if (limits.bytes_max < 3000) {
                ASSERT_LE(piece.size(), 3U);
            }
            for (const auto& [origin, seq] : piece) {
                ASSERT_EQ(seq, seq_in(after, origin) + 1);
                after[origin] = seq;
                ++count;
            }
        }
        EXPECT_EQ(count, entries.size());
    }
}

TEST_P(StoreContract, TrimsNothingThatIsYoungAndSmall) {
    ASSERT_TRUE(succeeded(save_log({entry_of(self, 1), entry_of(other, 1)})));
    EXPECT_FALSE(value_of_task(writer_->trim(no_limits())));
    EXPECT_EQ(dots_after({}).size(), 2U);
}

TEST_P(StoreContract, TrimsTheLogByAge) {
    ASSERT_TRUE(succeeded(save_log({entry_of(self, 1), entry_of(self, 2), entry_of(self, 7),
                                    entry_of(other, 4), entry_of(other, 5)})));
    TrimLimits limits = no_limits();
    limits.log_before = stamp_of(5).time;
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    EXPECT_EQ(dots_after({}), (Dots{{other, 5}, {self, 7}}));
    EXPECT_EQ(value_of_task(reader_->ledger()).origins.at(self).received, 7U);
    ASSERT_TRUE(succeeded(save_log({entry_of(self, 8)})));
}

TEST_P(StoreContract, TrimsTheLogByBytesFromTheOldestOfAllOrigins) {
    std::vector<LogEntry> entries;
    std::uint64_t bytes = 0;
    for (std::uint64_t seq = 1; seq <= 10; ++seq) {
        entries.push_back(entry_of(self, seq, 1000));
        entries.push_back(entry_of(other, seq, 1000));
    }
    for (const LogEntry& entry : entries)
        bytes += entry.json.size();
    ASSERT_TRUE(succeeded(save_log(entries)));
    TrimLimits limits = no_limits();
    limits.log_bytes_max = bytes;
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    EXPECT_EQ(dots_after({}).size(), 20U);
    if (place_->keeps()) reopen();  // the size is known without a look at the entries
    limits.log_bytes_max = bytes * 2 / 5;
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    EXPECT_EQ(dots_after({}), (Dots{{other, 7},
                                    {other, 8},
                                    {other, 9},
                                    {other, 10},
                                    {self, 7},
                                    {self, 8},
                                    {self, 9},
                                    {self, 10}}));
    limits.log_bytes_max = 0;
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    EXPECT_TRUE(dots_after({}).empty());
}

TEST_P(StoreContract, TrimsInSmallPieces) {
    std::vector<LogEntry> entries;
    for (std::uint64_t seq = 1; seq <= 25; ++seq)
        entries.push_back(entry_of(self, seq));
    ASSERT_TRUE(succeeded(save_log(entries)));
    TrimLimits limits = no_limits();
    limits.log_bytes_max = 0;
    limits.piece_rows_max = 10;
    EXPECT_TRUE(value_of_task(writer_->trim(limits)));
    EXPECT_EQ(dots_after({}).size(), 15U);
    EXPECT_TRUE(value_of_task(writer_->trim(limits)));
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    EXPECT_TRUE(dots_after({}).empty());
}

class Requests {
public:
    static RequestId id(std::uint64_t n) { return {RequestKind::id, std::to_string(n)}; }
    static WriteSet saved(Ledger ledger, std::uint64_t first, std::uint64_t last) {
        WriteSet batch;
        batch.ledger = std::move(ledger);
        for (std::uint64_t n = first; n <= last; ++n) {
            RequestSeen seen;
            seen.stamp = stamp_of(n);
            seen.record = {thing, Key{std::int64_t(n)}};
            batch.requests.emplace_back(id(n), std::move(seen));
        }
        return batch;
    }
    static LoadRequest wanted() {
        LoadRequest all;
        for (std::uint64_t n = 1; n <= 30; ++n)
            all.requests.push_back(id(n));
        return all;
    }
};

TEST_P(StoreContract, TrimsRequestsByAge) {
    ASSERT_TRUE(succeeded(commit(Requests::saved(begin().ledger, 1, 20))));
    TrimLimits limits = no_limits();
    limits.requests_before = stamp_of(6).time;
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    const LoadResult loaded = begin(Requests::wanted());
    run(writer_->release());
    EXPECT_EQ(loaded.requests.size(), 15U);
    EXPECT_FALSE(loaded.requests.contains(Requests::id(5)));
    EXPECT_TRUE(loaded.requests.contains(Requests::id(6)));
}

TEST_P(StoreContract, TrimsRequestsByNumber) {
    ASSERT_TRUE(succeeded(commit(Requests::saved(begin().ledger, 1, 20))));
    TrimLimits limits = no_limits();
    limits.requests_max = 5;
    limits.piece_rows_max = 10;
    EXPECT_TRUE(value_of_task(writer_->trim(limits)));
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    ASSERT_TRUE(succeeded(commit(Requests::saved(begin().ledger, 21, 22))));
    const LoadResult loaded = begin(Requests::wanted());
    run(writer_->release());
    EXPECT_EQ(loaded.requests.size(), 7U);
    EXPECT_TRUE(loaded.requests.contains(Requests::id(16)));
    EXPECT_TRUE(loaded.requests.contains(Requests::id(22)));
}

TEST_P(StoreContract, GivesRequestsInTheOrderSavedPieceByPiece) {
    ASSERT_TRUE(succeeded(commit(Requests::saved(begin().ledger, 1, 20))));
    ASSERT_TRUE(succeeded(commit(Requests::saved(begin().ledger, 5, 5))));  // now the newest
    std::vector<std::string> ids;
    std::uint64_t after = 0;
    for (;;) {
        const auto piece = value_of_task(reader_->requests(after, {7, 1}));
        if (piece.empty()) break;
        ASSERT_LE(piece.size(), 7U);
        for (const SavedRequest& request : piece) {
            EXPECT_GT(request.number, after);
            after = request.number;
            ids.push_back(request.id.text);
            EXPECT_EQ(request.seen.stamp.dot.seq, std::stoull(request.id.text));
            EXPECT_EQ(request.seen.record.resource, thing);
        }
    }
    ASSERT_EQ(ids.size(), 20U);
    EXPECT_EQ(ids.front(), "1");
    EXPECT_EQ(ids[4], "6");
    EXPECT_EQ(ids.back(), "5");
}

}  // namespace
}  // namespace reef::store::test
