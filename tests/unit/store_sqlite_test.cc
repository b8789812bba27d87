#include "store_contract.hpp"
#include "temporary_folder.hpp"

namespace reef::store::test {
namespace {

class SqlitePlace final : public StoreFactory {
public:
    std::unique_ptr<Store> open(const Schema& schema) override {
        auto store = open_sqlite(
            schema, {.file = folder_.file("us.db"), .node = "us", .incarnation = "k3f9"});
        if (!store) throw std::runtime_error(store.error().what);
        return std::move(*store);
    }

private:
    reef::test::TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values([]() -> std::unique_ptr<StoreFactory> {
                             return std::make_unique<SqlitePlace>();
                         }),
                         name_of);

}  // namespace
}  // namespace reef::store::test
