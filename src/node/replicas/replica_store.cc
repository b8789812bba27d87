#include "node/replicas/replica_store.hpp"

namespace reef::node {

namespace {

class ReplicaWriter final : public store::Writer {
public:
    ReplicaWriter(std::unique_ptr<store::Writer> writer, const ReplicaStoreOptions& options)
        : writer_(std::move(writer)), options_(options) {}

    Task<store::LoadResult> begin(store::LoadRequest wanted) override {
        if (!options_.keeps_requests) wanted.requests.clear();
        auto loaded = co_await writer_->begin(std::move(wanted));
        if (!loaded) co_return as_told(loaded.error());
        co_return loaded;
    }

    Task<void> commit(store::WriteSet saved) override {
        const auto records = take_out(saved);
        auto done = co_await writer_->commit(std::move(saved));
        co_return finish(std::move(done), records);
    }

    bool loads_ahead() const override { return writer_->loads_ahead(); }

    Task<store::LoadResult> load_ahead(store::LoadRequest wanted) override {
        if (!options_.keeps_requests) wanted.requests.clear();
        auto loaded = co_await writer_->load_ahead(std::move(wanted));
        if (!loaded) co_return as_told(loaded.error());
        co_return loaded;
    }

    Task<void> commit_ahead(store::WriteSet saved) override {
        const auto records = take_out(saved);
        auto done = co_await writer_->commit_ahead(std::move(saved));
        co_return finish(std::move(done), records);
    }

    asio::awaitable<void> release() override { return writer_->release(); }

    Task<bool> trim(store::TrimLimits limits) override {
        auto more = co_await writer_->trim(limits);
        if (!more) co_return as_told(more.error());
        co_return more;
    }

    Task<void> on_idle() override {
        auto done = co_await writer_->on_idle();
        if (!done) co_return as_told(done.error());
        co_return done;
    }

private:
    // Nothing of a replica is lost with its storage: it is opened anew, or made anew.
    Error as_told(Error error) {
        if (error.code == Errc::broken) {
            options_.broken = true;
            error.code = Errc::unavailable;
        }
        return error;
    }

    // What a replica does not keep. Returns the records that are saved, if anybody wants to know.
    std::vector<model::RecordRef> take_out(store::WriteSet& saved) const {
        saved.log.clear();
        saved.conflicts.clear();
        saved.settled_conflicts.clear();
        saved.gone_conflicts.clear();
        saved.shared.clear();
        saved.settled.clear();
        if (!options_.keeps_requests) saved.requests.clear();
        for (const store::DeadLetter& letter : saved.dead_letters) {
            if (letter.record) options_.refused(*letter.record, letter.reason);
        }
        saved.dead_letters.clear();
        for (auto& [origin, mark] : saved.ledger.origins)
            mark.applied = mark.received;
        std::vector<model::RecordRef> records;
        if (!options_.has_refused()) return records;
        records.reserve(saved.rows.size());
        for (const store::SavedRow& row : saved.rows)
            records.push_back(row.row.ref());
        return records;
    }

    Result<void> finish(Result<void> done, const std::vector<model::RecordRef>& records) {
        if (!done) return as_told(done.error());
        for (const model::RecordRef& ref : records)
            options_.saved(ref);
        return done;
    }

    const std::unique_ptr<store::Writer> writer_;
    const ReplicaStoreOptions& options_;
};

class ReplicaStore final : public store::Store {
public:
    ReplicaStore(std::unique_ptr<store::Store> store, ReplicaStoreOptions options)
        : store_(std::move(store)), options_(std::move(options)) {}

    std::unique_ptr<store::Writer> open_writer(asio::any_io_executor on) override {
        return std::make_unique<ReplicaWriter>(store_->open_writer(std::move(on)), options_);
    }
    std::unique_ptr<store::Reader> open_reader(asio::any_io_executor on) override {
        return store_->open_reader(std::move(on));
    }
    store::StorageIdentity identity() const override { return store_->identity(); }

private:
    const std::unique_ptr<store::Store> store_;
    const ReplicaStoreOptions options_;
};

}  // namespace

std::unique_ptr<store::Store> make_replica_store(std::unique_ptr<store::Store> store,
                                                 ReplicaStoreOptions options) {
    return std::make_unique<ReplicaStore>(std::move(store), std::move(options));
}

}  // namespace reef::node
