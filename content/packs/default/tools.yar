// Tools of intruders: what is found on a server before the encryption comes. Each has honest users
// somewhere, but not on a hospital's file share.

rule Tool_Mimikatz : credentials
{
    meta:
        reason = "Mimikatz or a tool made from it, which reads passwords from the memory of Windows"
        attack = "T1003.001"
    strings:
        $name1 = "mimikatz" nocase ascii wide
        $name2 = "gentilkiwi" nocase ascii wide
        $name3 = "mimilib" nocase ascii wide
        $do1 = "sekurlsa::" nocase ascii wide
        $do2 = "logonpasswords" nocase ascii wide
        $do3 = "kerberos::golden" nocase ascii wide
        $do4 = "lsadump::" nocase ascii wide
        $do5 = "privilege::debug" nocase ascii wide
        $do6 = "KiwiAndRegistryTools" ascii wide
        $do7 = "dcsync" nocase ascii wide
    condition:
        uint16(0) == 0x5a4d and filesize < 20MB and any of ($name*) and 2 of ($do*)
}

rule Tool_Mimikatz_Script : credentials suspicious
{
    meta:
        reason = "a script that loads Mimikatz or calls it"
        attack = "T1003.001"
    strings:
        $invoke1 = "Invoke-Mimikatz" nocase ascii wide
        $invoke2 = "-DumpCreds" nocase ascii wide
        $do1 = "sekurlsa::logonpasswords" nocase ascii wide
        $do2 = "lsadump::sam" nocase ascii wide
        $do3 = "lsadump::dcsync" nocase ascii wide
        $do4 = "privilege::debug" nocase ascii wide
        $bytes = "PEBytes64" ascii wide
        $page = "<html" nocase
    condition:
        filesize < 8MB and not uint16(0) == 0x5a4d and not uint32(0) == 0x464c457f and not $page and
        (($invoke1 and ($invoke2 or $bytes)) or ($do4 and any of ($do1, $do2, $do3)))
}

rule Tool_Lsass_Dump : credentials suspicious
{
    meta:
        reason = "a small script that copies the memory in which Windows keeps passwords"
        attack = "T1003.001"
    strings:
        $dump1 = "comsvcs.dll, MiniDump" nocase ascii wide
        $dump2 = "comsvcs.dll MiniDump" nocase ascii wide
        $dump3 = "comsvcs.dll,MiniDump" nocase ascii wide
        $dump4 = "procdump" nocase ascii wide
        $lsass = "lsass" nocase ascii wide
        $full = "full" nocase ascii wide
        $ma = "-ma" nocase ascii wide
        $save1 = "reg save hklm\\sam" nocase ascii wide
        $save2 = "reg save hklm\\system" nocase ascii wide
        $save3 = "reg save hklm\\security" nocase ascii wide
        $ntds1 = "ntdsutil" nocase ascii wide
        $ntds2 = "ac i ntds" nocase ascii wide
        $ntds3 = "create full" nocase ascii wide
    condition:
        filesize < 32KB and
        ((any of ($dump1, $dump2, $dump3) and any of ($lsass, $full)) or ($dump4 and $lsass and $ma) or
         2 of ($save*) or all of ($ntds*))
}

rule Tool_Cobalt_Strike_Beacon : backdoor
{
    meta:
        reason = "a beacon of Cobalt Strike, by which gangs steer the machines that they hold"
        attack = "T1071.001"
    strings:
        $text1 = "beacon.dll" fullword
        $text2 = "beacon.x64.dll" fullword
        $text3 = "ReflectiveLoader"
        $text4 = "%s as %s\\%s: %d"
        $text5 = "IEX (New-Object Net.Webclient).DownloadString('http://127.0.0.1:%u/')"
        $text6 = "powershell -nop -exec bypass -EncodedCommand \"%s\""
        $text7 = "%02d/%02d/%02d %02d:%02d:%02d"
        $text8 = "could not spawn %s (token): %d"
        $text9 = "Could not kill %d: %d"
        $text10 = "%s (admin)"
        $text11 = "Started service %s on %s"
        $config1 = { 69 68 69 68 69 6b }
        $config2 = { 2e 2f 2e 2f 2e 2c }
    condition:
        filesize < 5MB and uint16(0) == 0x5a4d and
        (4 of ($text*) or (any of ($text1, $text2, $text3) and any of ($config*) and 2 of ($text*)))
}

rule Tool_Meterpreter_Linux : backdoor suspicious
{
    meta:
        reason = "a Linux program with the commands of Meterpreter or its first stage"
        attack = "T1059"
    strings:
        $name1 = "mettle" fullword
        $name2 = "meterpreter" nocase
        $call1 = "core_channel_open"
        $call2 = "stdapi_fs_"
        $call3 = "stdapi_sys_process_"
        $call4 = "core_loadlib"
        $call5 = "core_migrate"
    condition:
        uint32(0) == 0x464c457f and filesize < 20MB and any of ($name*) and 3 of ($call*)
}

rule Tool_Tunnel_Script : tunnel suspicious
{
    meta:
        reason = "a script that opens a way from the net to a machine inside, past the firewall"
        attack = "T1572"
    strings:
        $tool1 = "ngrok tcp 3389" nocase
        $tool2 = "ngrok.exe tcp" nocase
        $tool3 = "plink.exe -ssh" nocase
        $tool4 = "plink -R" nocase
        $tool5 = "chisel client" nocase
        $tool6 = "frpc -c" nocase
        $tool7 = "frpc.exe -c" nocase
        $tool8 = "cloudflared tunnel --url" nocase
        $tool9 = "ligolo" nocase
        $rdp1 = "fDenyTSConnections" nocase
        $rdp2 = ":3389" nocase
        $rdp3 = "netsh advfirewall" nocase
        $rdp4 = "R:socks" nocase
    condition:
        filesize < 64KB and not uint16(0) == 0x5a4d and not uint32(0) == 0x464c457f and
        any of ($tool*) and any of ($rdp*)
}

rule Tool_Exfiltration_Script : exfiltration suspicious
{
    meta:
        reason = "a script that copies whole shares to a cloud store, as gangs do before they encrypt"
        attack = "T1567.002"
    strings:
        $rclone1 = "rclone copy" nocase ascii wide
        $rclone2 = "rclone.exe copy" nocase ascii wide
        $rclone3 = "rclone.exe config create" nocase ascii wide
        $rclone4 = "rclone sync" nocase ascii wide
        $to1 = "mega" fullword nocase ascii wide
        $to2 = "pcloud" nocase ascii wide
        $to3 = "--max-age" nocase ascii wide
        $to4 = "\\\\" ascii wide
        $how1 = "--multi-thread-streams" nocase ascii wide
        $how2 = "--transfers" nocase ascii wide
        $how3 = "--ignore-existing" nocase ascii wide
        $how4 = "--no-check-certificate" nocase ascii wide
        $how5 = "--auto-confirm" nocase ascii wide
    condition:
        filesize < 32KB and any of ($rclone*) and any of ($to1, $to2, $to3, $to4) and 2 of ($how*)
}

rule Tool_Remote_Execution_Script : lateral suspicious
{
    meta:
        reason = "a script that starts a program on a list of machines with a password in it"
        attack = "T1569.002"
    strings:
        $psexec1 = "psexec" nocase ascii wide
        $psexec2 = "PsExec64" nocase ascii wide
        $wmic = "wmic /node:" nocase ascii wide
        $list1 = "@C:\\" nocase ascii wide
        $list2 = "/node:@" nocase ascii wide
        $accept = "-accepteula" nocase ascii wide
        $user = "-u " nocase ascii wide
        $password = "-p " nocase ascii wide
        $create = "process call create" nocase ascii wide
        $copy = "COPY \"\\\\" nocase ascii wide
    condition:
        filesize < 32KB and
        ((any of ($psexec*) and $user and $password and any of ($list1, $accept)) or
         ($wmic and $create and any of ($list2, $copy)))
}

rule Tool_Disables_Protection_Script : evasion suspicious
{
    meta:
        reason = "a script that switches off the protection of Windows by policy and service"
        attack = "T1562.001"
    strings:
        $policy1 = "DisableAntiSpyware" nocase ascii wide
        $policy2 = "DisableRealtimeMonitoring" nocase ascii wide
        $policy3 = "DisableBehaviorMonitoring" nocase ascii wide
        $policy4 = "DisableOnAccessProtection" nocase ascii wide
        $policy5 = "SubmitSamplesConsent" nocase ascii wide
        $reg1 = "reg add" nocase ascii wide
        $reg2 = "Set-MpPreference" nocase ascii wide
        $reg3 = "sc stop WinDefend" nocase ascii wide
        $reg4 = "sc config WinDefend" nocase ascii wide
        $reg5 = "sc delete WinDefend" nocase ascii wide
    condition:
        filesize < 64KB and not uint16(0) == 0x5a4d and 2 of ($policy*) and any of ($reg*)
}

rule Tool_Linux_Disables_Logs : evasion suspicious
{
    meta:
        reason = "a script that removes logs and history and stops protection on Linux"
        attack = "T1070.002"
    strings:
        $shell1 = "#!/bin/"
        $log1 = "rm -rf /var/log"
        $log2 = "> /var/log/wtmp"
        $log3 = "> /var/log/auth.log"
        $log4 = "> /var/log/secure"
        $log5 = "shred -u /var/log"
        $history1 = "history -c"
        $history2 = "unset HISTFILE"
        $history3 = "> ~/.bash_history"
        $stop1 = "systemctl stop auditd"
        $stop2 = "service auditd stop"
        $stop3 = "systemctl stop rsyslog"
        $stop4 = "setenforce 0"
        $stop5 = "systemctl stop firewalld"
        $stop6 = "ufw disable"
    condition:
        filesize < 128KB and $shell1 and 2 of ($log*, $history*) and any of ($stop*)
}

rule Tool_Linux_Rootkit_Module : rootkit suspicious
{
    meta:
        reason = "a kernel module that hides itself and files, as Diamorphine and Reptile do"
        attack = "T1014"
    strings:
        $module = "vermagic="
        $name1 = "diamorphine" nocase
        $name2 = "reptile" nocase
        $name3 = "suterusu" nocase
        $hide1 = "hacked_getdents"
        $hide2 = "hook_getdents"
        $hide3 = "module_hide"
        $hide4 = "orig_getdents"
        $hide5 = "give_root"
        $hide6 = "sys_call_table"
        $hide7 = "hide_proc"
    condition:
        uint32(0) == 0x464c457f and $module and (any of ($name*) or 2 of ($hide*))
}

rule Tool_Password_Spray_Script : credentials suspicious
{
    meta:
        reason = "a script that tries one password after another on all accounts"
        attack = "T1110.003"
    strings:
        $name1 = "Invoke-DomainPasswordSpray" nocase
        $name2 = "Invoke-PasswordSprayOWA" nocase
        $name3 = "Invoke-PasswordSprayEWS" nocase
        $name4 = "Invoke-PasswordSprayGmail" nocase
        $param1 = "-UserList" nocase
        $param2 = "-Password" nocase
        $param3 = "$UserList" nocase
    condition:
        filesize < 2MB and any of ($name*) and any of ($param*) and not uint16(0) == 0x5a4d
}

rule Tool_Sharphound : discovery suspicious
{
    meta:
        reason = "a collector of BloodHound, which maps the ways to the rights of a domain's administrator"
        attack = "T1087.002"
    strings:
        $name1 = "SharpHound" ascii wide
        $name2 = "Invoke-BloodHound" nocase ascii wide
        $do1 = "CollectionMethod" ascii wide nocase
        $do2 = "LdapUsername" ascii wide
        $do3 = "BloodHoundLoopResults" ascii wide
        $do4 = "SkipPortScan" ascii wide nocase
        $do5 = "ZipFilename" ascii wide nocase
    condition:
        filesize < 10MB and any of ($name*) and 2 of ($do*)
}
