#include "plants.hpp"

#include <algorithm>

namespace reef::planted {

namespace {

bool has_own_writes(const store::WriteSet& saved) {
    return std::any_of(saved.log.begin(), saved.log.end(), [&saved](const store::LogEntry& entry) {
        return entry.dot.origin == saved.ledger.self;
    });
}

bool has_only_writes_of_others(const store::WriteSet& saved) {
    return !saved.log.empty() && !has_own_writes(saved);
}

class PlantedWriter final : public store::Writer {
public:
    PlantedWriter(std::unique_ptr<store::Writer> writer, Plant plant)
        : writer_(std::move(writer)), plant_(plant) {}

    Task<store::LoadResult> begin(store::LoadRequest wanted) override {
        auto loaded = co_await writer_->begin(std::move(wanted));
        if (!loaded) co_return loaded;
        digests_ = loaded->ledger.digests;
        rows_ = loaded->rows;
        if (plant_ == Plant::load_stale) {
            for (auto& [record, row] : loaded->rows) {
                const auto stale = stale_.find(record);
                if (stale != stale_.end()) row = stale->second;
            }
        }
        co_return loaded;
    }

    Task<void> commit(store::WriteSet saved) override {
        if (plant_ == Plant::drop_commit && has_own_writes(saved)) {
            co_await writer_->release();
            co_return Result<void>{};
        }
        if (plant_ == Plant::forget_requests) saved.requests.clear();
        if (plant_ == Plant::drop_applied && has_only_writes_of_others(saved)) {
            saved.rows.clear();
            saved.ledger.digests = digests_;
        }
        for (const store::SavedRow& row : saved.rows) {
            const auto before = rows_.find(row.row.ref());
            if (before != rows_.end()) stale_.insert_or_assign(before->first, before->second);
        }
        co_return co_await writer_->commit(std::move(saved));
    }

    asio::awaitable<void> release() override { return writer_->release(); }
    Task<bool> trim(store::TrimLimits limits) override { return writer_->trim(limits); }
    Task<void> on_idle() override { return writer_->on_idle(); }

private:
    using Rows = decltype(store::LoadResult::rows);

    const std::unique_ptr<store::Writer> writer_;
    const Plant plant_;
    decltype(store::Ledger::digests) digests_;  // as begin() loaded them
    Rows rows_;                                 // the same
    Rows stale_;                                // each row before its last write
};

class PlantedStore final : public store::Store {
public:
    PlantedStore(std::unique_ptr<store::Store> store, Plant plant)
        : store_(std::move(store)), plant_(plant) {}

    std::unique_ptr<store::Writer> open_writer(asio::any_io_executor on) override {
        return std::make_unique<PlantedWriter>(store_->open_writer(std::move(on)), plant_);
    }
    std::unique_ptr<store::Reader> open_reader(asio::any_io_executor on) override {
        return store_->open_reader(std::move(on));
    }
    store::StorageIdentity identity() const override { return store_->identity(); }

private:
    const std::unique_ptr<store::Store> store_;
    const Plant plant_;
};

}  // namespace

std::optional<Plant> find_plant(std::string_view name) {
    for (const PlantName& known : plant_names) {
        if (known.name == name) return known.plant;
    }
    return std::nullopt;
}

std::unique_ptr<store::Store> plant_into(std::unique_ptr<store::Store> store, Plant plant) {
    return std::make_unique<PlantedStore>(std::move(store), plant);
}

}  // namespace reef::planted
