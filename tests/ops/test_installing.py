from make.install import uv_environment


def test_packages_come_from_where_pip_is_told_to_get_them() -> None:
    told = uv_environment(
        {
            "index-url": "https://packages.example.com/simple",
            "extra-index-url": "file:///opt/simple https://more.example.com/simple",
            "cert": "/etc/ssl/ours.pem",
            "timeout": "180",
        }
    )
    del told["UV_CACHE_DIR"], told["UV_INDEX_STRATEGY"]
    assert told == {
        "UV_DEFAULT_INDEX": "https://packages.example.com/simple",
        "UV_INDEX": "https://more.example.com/simple",
        "SSL_CERT_FILE": "/etc/ssl/ours.pem",
    }


def test_an_index_on_this_disk_is_left_to_pip() -> None:
    assert "UV_INDEX" not in uv_environment({"extra-index-url": "file:///opt/simple"})
