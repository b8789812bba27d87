#include "memory_store.hpp"
#include "store_contract.hpp"

namespace reef::store::test {
namespace {

class MemoryPlace final : public StoreFactory {
public:
    std::unique_ptr<Store> open(const Schema& schema) override {
        return open_memory(schema, {.file = "", .node = "us", .incarnation = "k3f9"});
    }
    bool keeps() const override { return false; }
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         testing::Values([]() -> std::unique_ptr<StoreFactory> {
                             return std::make_unique<MemoryPlace>();
                         }),
                         name_of);

}  // namespace
}  // namespace reef::store::test
