import pytest

from transport.evidence.merkle import HASH_BYTES, MerkleTree, root_of

# The leaves and roots with which implementations of Certificate Transparency (RFC 6962, RFC 9162) prove themselves.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_standard(count: int) -> None:
    assert MerkleTree(LEAVES[:count]).root.hex() == ROOTS[count - 1]


@pytest.mark.parametrize("count", [*range(1, 34), 511, 512])
def test_each_leaf_leads_to_the_root(count: int) -> None:
    leaves = [number.to_bytes(2) for number in range(count)]
    tree = MerkleTree(leaves)
    assert all(root_of(leaf, index, count, tree.path(index)) == tree.root for index, leaf in enumerate(leaves))
    assert max(len(tree.path(index)) for index in range(count)) <= 9 * HASH_BYTES


@pytest.mark.parametrize("count", range(1, 18))
def test_a_leaf_leads_nowhere_from_another_place(count: int) -> None:
    leaves = [number.to_bytes(2) for number in range(count)]
    tree = MerkleTree(leaves)
    for index, leaf in enumerate(leaves):
        path = tree.path(index)
        elsewhere = [place for place in range(count + 2) if place != index]
        assert all(root_of(leaf, place, count, path) != tree.root for place in elsewhere)
        assert root_of(leaf, index, count, path + bytes(HASH_BYTES)) != tree.root
        assert not path or root_of(leaf, index, count, path[:-HASH_BYTES]) != tree.root


def test_a_node_is_no_leaf() -> None:
    left, right = MerkleTree(LEAVES[:1]).root, MerkleTree(LEAVES[1:2]).root
    assert MerkleTree([left + right]).root != MerkleTree(LEAVES[:2]).root


@pytest.mark.parametrize(("index", "count"), [(0, 0), (1, 1), (-1, 2), (5, 3)])
def test_a_place_that_no_tree_has(index: int, count: int) -> None:
    assert root_of(b"", index, count, b"") is None
