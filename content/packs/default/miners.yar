// Programs and scripts that mine coins on machines of others. On a hospital's server they mean that
// somebody else has been there, too.

rule Miner_Program_XMRig : miner suspicious
{
    meta:
        reason = "a program that mines Monero (XMRig or one made from it)"
        attack = "T1496"
    strings:
        $name1 = "xmrig" nocase
        $name2 = "XMRIG_"
        $pool1 = "stratum+tcp://"
        $pool2 = "stratum+ssl://"
        $pool3 = "donate-level"
        $pool4 = "nicehash"
        $algo1 = "randomx" nocase
        $algo2 = "cryptonight" nocase
        $algo3 = "rx/0"
        $algo4 = "cn/r"
        $cpu1 = "huge-pages"
        $cpu2 = "max-threads-hint"
        $cpu3 = "randomx-1gb-pages"
        $job = "\"method\":\"submit\""
    condition:
        (uint32(0) == 0x464c457f or uint16(0) == 0x5a4d) and filesize < 40MB and
        ((any of ($name*) and any of ($pool*) and any of ($algo*)) or
         (2 of ($pool*) and 2 of ($algo*) and any of ($cpu*, $job)))
}

rule Miner_Program_Stratum : miner suspicious
{
    meta:
        reason = "a program that speaks a mining pool's protocol"
        attack = "T1496"
    strings:
        $login = "mining.subscribe"
        $auth = "mining.authorize"
        $submit = "mining.submit"
        $notify = "mining.notify"
        $url1 = "stratum+tcp://"
        $url2 = "stratum+ssl://"
        $hash = "hashrate" nocase
    condition:
        (uint32(0) == 0x464c457f or uint16(0) == 0x5a4d) and filesize < 40MB and
        2 of ($login, $auth, $submit, $notify) and (any of ($url*) or $hash)
}

rule Miner_Settings : miner suspicious
{
    meta:
        reason = "the settings of a miner: a pool and the wallet that it works for"
        attack = "T1496"
    strings:
        $pools = "\"pools\"" nocase
        $url1 = "\"url\"" nocase
        $user = "\"user\"" nocase
        $donate = "\"donate-level\"" nocase
        $cpu = "\"randomx\"" nocase
        $keep = "\"keepalive\"" nocase
        $rig = "\"rig-id\"" nocase
        $algo = "\"coin\"" nocase
    condition:
        filesize < 64KB and uint8(0) == 0x7b and $pools and $url1 and $user and
        2 of ($donate, $cpu, $keep, $rig, $algo)
}

rule Miner_Installer_Script : miner
{
    meta:
        reason = "a script that fetches a miner, makes room for it by ending others, and starts it with the machine"
        attack = "T1496"
    strings:
        $shell1 = "#!/bin/bash"
        $shell2 = "#!/bin/sh"
        $pool1 = "stratum+tcp://"
        $pool2 = "xmrig"
        $pool3 = "minexmr"
        $pool4 = "supportxmr"
        $pool5 = "nanopool.org"
        $pool6 = "hashvault.pro"
        $pool7 = "c3pool"
        $pool8 = "moneroocean"
        $kill1 = "pkill -f" nocase
        $kill2 = "killall -9" nocase
        $kill3 = "kill -9" nocase
        $kill4 = "chattr -i" nocase
        $stay1 = "crontab" nocase
        $stay2 = "/etc/cron" nocase
        $stay3 = "systemctl enable" nocase
        $stay4 = "/etc/rc.local" nocase
        $get1 = "curl " nocase
        $get2 = "wget " nocase
    condition:
        filesize < 256KB and any of ($shell*) and any of ($pool*) and any of ($kill*) and
        any of ($stay*) and any of ($get*)
}

rule Miner_Script_Fights_Others : miner
{
    meta:
        reason = "a script that ends other miners and removes a cloud's protection, as gangs of miners do"
        attack = "T1562.001"
    strings:
        $other1 = "kdevtmpfsi"
        $other2 = "kinsing"
        $other3 = "kworkerds"
        $other4 = "watchbog"
        $other5 = "sysrv"
        $other6 = "ddgs"
        $other7 = "minerd"
        $other8 = "cryptonight"
        $other9 = "xmr-stak"
        $kill1 = "pkill"
        $kill2 = "kill -9"
        $kill3 = "killall"
        $protect1 = "aliyun"
        $protect2 = "aegis"
        $protect3 = "/etc/ld.so.preload"
        $protect4 = "setenforce 0"
        $protect5 = "iptables -F"
        $protect6 = "qcloud"
        $protect7 = "ufw disable"
        $protect8 = "chattr -ia"
    condition:
        filesize < 256KB and 3 of ($other*) and any of ($kill*) and 2 of ($protect*) and
        not uint32(0) == 0x464c457f
}

rule Miner_Web_Page : miner suspicious
{
    meta:
        reason = "a page that mines coins in the browsers of its visitors"
        attack = "T1496"
    strings:
        $lib1 = "coinhive.min.js" nocase
        $lib2 = "CoinHive.Anonymous(" nocase
        $lib3 = "cryptonight.wasm" nocase
        $lib4 = "authedmine.com" nocase
        $lib5 = "coin-hive.com" nocase
        $lib6 = "webminepool" nocase
        $lib7 = "deepMiner.Anonymous(" nocase
        $lib8 = "cryptoloot" nocase
        $start = ".start(" nocase
    condition:
        filesize < 2MB and not uint32(0) == 0x464c457f and not uint16(0) == 0x5a4d and
        (2 of ($lib*) or (any of ($lib2, $lib7) and $start))
}
