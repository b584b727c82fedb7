"""Web addresses that must not be reached, and why; harmless ones that look alike."""

from __future__ import annotations

NUMERIC = """
http://127.0.0.1/ http://127.0.0.1:8080/admin http://127.1/ http://127.0.1/ http://127.255.255.254/
http://2130706433/ http://0x7f000001/ http://0x7F.0.0.1/ http://0x7f.1/ http://0177.0.0.1/ http://017700000001/
http://0177.0x0.0.1/ http://127.0.0.1./ http://0/ http://0.0.0.0/ http://0x0/ http://0.0.0.0:80/
http://10.0.0.1/ http://10.1/ http://0xa.0.0.1/ http://167772161/ http://012.0.0.1/ http://172.16.0.1/
http://172.31.255.255/ http://0xac.0x10.0.1/ http://192.168.0.1/ http://192.168.1/ http://3232235521/
http://169.254.169.254/latest/meta-data/ http://2852039166/ http://0xa9fea9fe/ http://0251.0376.0251.0376/
http://169.254.43518/ http://0xA9.254.0251.254/ http://169.254.0.1/ http://169.254.170.2/v2/credentials
http://100.64.0.1/ http://100.100.100.200/ http://100.127.255.255/ http://192.0.0.192/ http://168.63.129.16/
http://192.0.2.1/ http://198.51.100.7/ http://203.0.113.9/ http://198.18.0.1/ http://198.19.255.255/
http://192.0.0.1/ http://192.88.99.1/ http://224.0.0.1/ http://239.255.255.250:1900/ http://240.0.0.1/
http://255.255.255.255/ http://4294967295/ http://0xffffffff/
http://[::1]/ http://[0:0:0:0:0:0:0:1]/ http://[0000::0001]:8080/ http://[::]/ http://[::127.0.0.1]/ http://[::8.8.8.8]/
http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/ http://[0:0:0:0:0:ffff:10.0.0.1]/ http://[::ffff:169.254.169.254]/
http://[::ffff:0:127.0.0.1]/ http://[64:ff9b::127.0.0.1]/ http://[64:ff9b::a9fe:a9fe]/ http://[64:ff9b:1::8.8.8.8]/
http://[2002:7f00:1::]/ http://[2002:a00:1::1]/ http://[2002:c0a8:101::]/ http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/
http://[2001:4860:4860::5efe:10.0.0.1]/ http://[2001:4860:4860::200:5efe:7f00:1]/ http://[fe80::5efe:192.168.0.1]/
http://[fe80::1]/ http://[febf::1]/ http://[fec0::1]/ http://[fc00::1]/ http://[fd00:ec2::254]/ http://[fd12:3456::1]/
http://[ff02::1]/ http://[ff0e::1]/ http://[2001:db8::1]/ http://[3fff::1]/ http://[100::1]/ http://[2001:10::1]/
http://[2001:2::1]/ http://[3ffe::1]/ http://[4000::1]/ http://[5f00::1]/ http://[::ffff:0:0]/
http://１２７.０.０.１/ http://127。0。0。1/ http://①②⑦.⓪.⓪.①/ http://0ｘ7f.1/ http://１６９.254．169｡254/
""".split()
"""Hosts that are numbers, in every notation: refused without a resolver."""

NAMED = """
http://localhost/ http://LOCALHOST:8080/ http://localhost./ http://foo.localhost/ http://ｌｏｃａｌｈｏｓｔ/
http://localhost.localdomain/ http://metadata.google.internal/computeMetadata/v1/ http://METADATA.google.internal./
http://metadata/ http://instance-data.ec2.internal/ http://host.docker.internal/ http://printer.local/
http://router.home.arpa/ http://nas.lan/ http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/ http://expyuzz4wqqyqhjn.onion/
""".split()
"""Names of the machine and of inner networks: refused without a resolver."""

MALFORMED = [
    *"""
    http:///etc/passwd http:/127.0.0.1/ http:127.0.0.1 //127.0.0.1/ 127.0.0.1/ file:///etc/passwd ftp://example.org/
    gopher://127.0.0.1:6379/_INFO dict://127.0.0.1:11211/ ldap://127.0.0.1/ javascript:alert(1) data:text/html,hello
    unix:///var/run/docker.sock jar:http://127.0.0.1!/ view-source:http://127.0.0.1/ httpx://example.org/ http://
    http://user:secret@127.0.0.1/ http://example.org@127.0.0.1/ http://127.0.0.1@example.org/ http://@example.org/
    http://example.org:secret@127.0.0.1:80/ http://example.org%40127.0.0.1/ http://user:se/cret@example.org/
    http://example.org\\@127.0.0.1/ http://127.0.0.1\\.example.org/ http:\\\\127.0.0.1\\ http://example.org/\\127.0.0.1
    http://%31%32%37.0.0.1/ http://127%2e0.0.1/ http://localhost%00.example.org/ http://%6cocalhost/
    http://[fe80::1%eth0]/ http://[fe80::1%25eth0]/ http://[::1%lo]/ http://[::1/ http://::1/ http://[127.0.0.1]/
    http://[::1]example.org/ http://[::1].example.org/ http://[v1.fe80::a]/ http://[]/ http://[::ffff:0x7f.1]/
    http://127.0.0.1.2/ http://256.0.0.1/ http://1.2.3.4.5/ http://08.0.0.1/ http://0x7g.0.0.1/ http://4294967296/
    http://00000000000000000000177.0.0.1/ http://127..0.1/ http://127.0.0.1../ http://example..org/ http://.example.org/
    http://-example.org/ http://example.org:0/ http://example.org:65536/ http://example.org:99999999/ http://example.org:80:80/
    http://example.org:-1/ http://example.org:8a/ http://example.org:25/ http://example.org:6667/ http://example.org:22/
    http://example.org:２２/ http://exa<mple.org/ http://exam|ple.org/ http://ex*mple.org/ http://example.org,127.0.0.1/
    http://xn--/ http://.../ http://./ http://?host http://#host http://:80/
    """.split(),
    "http://exam ple.org/",
    "http://example.org/a b",
    "http://127.0.0.1\t.example.org/",
    "http://exa\tmple.org/",
    "http://example.org/\r\nHost: 127.0.0.1",
    "http://example.org\n@127.0.0.1/",
    "http://example.org/\0",
    "http://127.0.0.1\0.example.org/",
    "http://example\u3000.org/",
    "http://example\u200b.org\u2028/",
    "http://example.org/\ud800",
    f"http://{'a' * 64}.org/",
    f"http://{'a.' * 130}org/",
    "http://example.org/" + "a" * 9000,
    "",
    "   ",
]
"""What is no web address that can be fetched."""

HARMLESS = {
    "http://example.org": "http://example.org/",
    "HTTP://Example.ORG:80/A?b=C#d": "http://example.org/A?b=C",
    "https://example.org:443/": "https://example.org/",
    "https://example.org:8443/": "https://example.org:8443/",
    "https://example.org.": "https://example.org/",
    "https://example.org:/x": "https://example.org/x",
    "  https://example.org/x\n": "https://example.org/x",
    "https://example.org?q=1": "https://example.org/?q=1",
    "https://example.org/?next=http://127.0.0.1/&user=a@b": "https://example.org/?next=http://127.0.0.1/&user=a@b",
    "https://example.org/@someone/1": "https://example.org/@someone/1",
    "https://example.org/ü?ß=%20": "https://example.org/%C3%BC?%C3%9F=%20",
    "https://bücher.example/": "https://xn--bcher-kva.example/",
    "https://BÜCHER。example/": "https://xn--bcher-kva.example/",
    "https://faß.de/": "https://xn--fa-hia.de/",
    "https://xn--bcher-kva.example/": "https://xn--bcher-kva.example/",
    "https://例え.テスト/": "https://xn--r8jz45g.xn--zckzah/",
    "https://my_host.example.org/": "https://my_host.example.org/",
    "https://127.0.0.1.example.org/": "https://127.0.0.1.example.org/",
    "https://10.example.org/": "https://10.example.org/",
    "https://localhost.example.org/": "https://localhost.example.org/",
    "https://notlocalhost/": "https://notlocalhost/",
    "https://internal.example.org/": "https://internal.example.org/",
    "https://0x7f.org/": "https://0x7f.org/",
    "https://8.8.8.8/": "https://8.8.8.8/",
    "https://0x08080808/": "https://8.8.8.8/",
    "https://172.32.0.1/": "https://172.32.0.1/",
    "https://100.63.255.255/": "https://100.63.255.255/",
    "https://169.253.0.1/": "https://169.253.0.1/",
    "https://11.0.0.1/": "https://11.0.0.1/",
    "https://[2606:4700:4700::1111]/": "https://[2606:4700:4700::1111]/",
    "https://[2001:4860:4860:0:0:0:0:8888]:8443/x": "https://[2001:4860:4860::8888]:8443/x",
    "https://[::ffff:8.8.8.8]/": "https://8.8.8.8/",
    "https://[64:ff9b::8.8.8.8]/": "https://[64:ff9b::808:808]/",
}
"""Addresses of the public internet, and how they are written here."""
