#include "postgres_cluster.hpp"
#include "store_contract.hpp"

namespace reef::store::test {
namespace {

class PostgresPlace final : public StoreFactory {
public:
    std::unique_ptr<Store> open(const Schema& schema) override {
        auto store = open_postgres(schema, {.file = "",
                                            .url = postgres_url(),
                                            .node = "us",
                                            .incarnation = "k3f9",
                                            .fresh = !std::exchange(opened_, true)});
        if (!store) throw std::runtime_error(store.error().what);
        return std::move(*store);
    }

private:
    bool opened_ = false;
};

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract,
                         testing::Values([]() -> std::unique_ptr<StoreFactory> {
                             return std::make_unique<PostgresPlace>();
                         }),
                         name_of);

}  // namespace
}  // namespace reef::store::test
