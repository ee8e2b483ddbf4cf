// What fetches and starts the real attack: scripts, commands and small programs whose only work is
// to bring another one, and the tricks by which they hide that.

rule Dropper_Shell_Fetch_And_Run : dropper suspicious
{
    meta:
        reason = "a shell script that fetches a program from a bare address, makes it runnable and starts it"
        attack = "T1105"
    strings:
        $shell1 = "#!/bin/sh"
        $shell2 = "#!/bin/bash"
        $shell3 = "cd /tmp"
        $get1 = "wget http://"
        $get2 = "curl -O http://"
        $get3 = "curl http://"
        $get4 = "tftp -g"
        $get5 = "ftpget"
        $get6 = "busybox wget"
        $mode1 = "chmod 777"
        $mode2 = "chmod +x"
        $mode3 = "chmod 755"
        $run1 = "; ./"
        $run2 = "\n./"
        $run3 = "&& ./"
        $tmp1 = "/tmp"
        $tmp2 = "/var/run"
        $tmp3 = "/dev/shm"
        $ip = { 68 74 74 70 3a 2f 2f (30|31|32|33|34|35|36|37|38|39) [0-2] 2e (30|31|32|33|34|35|36|37|38|39) [0-2] 2e (30|31|32|33|34|35|36|37|38|39) [0-2] 2e (30|31|32|33|34|35|36|37|38|39) }
    condition:
        filesize < 64KB and any of ($shell*) and any of ($get*) and any of ($mode*) and
        any of ($run*) and any of ($tmp*) and $ip
}

rule Dropper_Botnet_Architectures : dropper
{
    meta:
        reason = "a shell script that fetches the same program for one processor after another, as botnets of devices do"
        attack = "T1105"
    strings:
        $get1 = "wget " nocase
        $get2 = "curl " nocase
        $get3 = "tftp " nocase
        $arch1 = ".mips"
        $arch2 = ".mpsl"
        $arch3 = ".arm7"
        $arch4 = ".arm5"
        $arch5 = ".sh4"
        $arch6 = ".ppc"
        $arch7 = ".m68k"
        $arch8 = ".x86"
        $arch9 = ".spc"
        $arch10 = ".arm6"
        $mode1 = "chmod 777"
        $mode2 = "chmod +x"
        $clean = "rm -rf"
    condition:
        filesize < 64KB and any of ($get*) and 4 of ($arch*) and any of ($mode*) and $clean
}

rule Dropper_Shell_Encoded : dropper suspicious
{
    meta:
        reason = "a command that decodes a text and hands it to the shell"
        attack = "T1027"
    strings:
        $pipe1 = "base64 -d | bash"
        $pipe2 = "base64 -d|bash"
        $pipe3 = "base64 --decode | bash"
        $pipe4 = "base64 -d | sh"
        $pipe5 = "base64 -d|sh"
        $pipe6 = "base64 --decode | sh"
        $pipe7 = "base64 -di | bash"
        $pipe8 = "| base64 -d | python"
        $echo = "echo "
        $page = "<html" nocase
    condition:
        filesize < 256KB and any of ($pipe*) and $echo and not $page and
        not uint32(0) == 0x464c457f
}

rule Dropper_Python_Encoded : dropper suspicious
{
    meta:
        reason = "a Python program that decodes a text and runs it"
        attack = "T1027"
    strings:
        $run1 = "exec(base64.b64decode("
        $run2 = "exec(__import__('base64').b64decode("
        $run3 = "exec(zlib.decompress(base64.b64decode("
        $run4 = "exec(marshal.loads(zlib.decompress("
        $run5 = "exec(marshal.loads(base64.b64decode("
        $run6 = "eval(compile(base64.b64decode("
        $run7 = "exec((_)(b'"
        $run8 = "_ = lambda __ : __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]))"
    condition:
        filesize < 4MB and any of them and not uint32(0) == 0x464c457f
}

rule Dropper_PowerShell_Encoded : dropper suspicious
{
    meta:
        reason = "a PowerShell command that hides its window and carries its program in base64"
        attack = "T1059.001"
    strings:
        $ps1 = "powershell" nocase ascii wide
        $ps2 = "pwsh" nocase ascii wide
        $enc1 = "-encodedcommand " nocase ascii wide
        $enc2 = "-enc " nocase ascii wide
        $enc3 = " -e JAB" nocase ascii wide
        $enc4 = " -ec " nocase ascii wide
        $hide1 = "-w hidden" nocase ascii wide
        $hide2 = "-windowstyle hidden" nocase ascii wide
        $hide3 = "-nop" nocase ascii wide
        $hide4 = "-noni" nocase ascii wide
        $hide5 = "-ep bypass" nocase ascii wide
        $hide6 = "-exec bypass" nocase ascii wide
        $hide7 = "-executionpolicy bypass" nocase ascii wide
        $b64a = "JABzAD0" ascii wide
        $b64b = "SQBFAFgA" ascii wide
        $b64c = "aQBlAHgA" ascii wide
        $b64d = "TgBlAHcALQBPAGIAagBlAGMAdA" ascii wide
        $b64e = "UwBlAHQALQ" ascii wide
        $b64f = "JAB" ascii wide
    condition:
        filesize < 4MB and any of ($ps*) and any of ($enc*) and any of ($hide*) and any of ($b64*)
}

rule Dropper_PowerShell_Download_And_Run : dropper suspicious
{
    meta:
        reason = "a script that downloads with PowerShell and runs what came, without asking"
        attack = "T1059.001"
    strings:
        $get1 = "DownloadString(" nocase ascii wide
        $get2 = "DownloadFile(" nocase ascii wide
        $get3 = "DownloadData(" nocase ascii wide
        $get4 = "Invoke-WebRequest" nocase ascii wide
        $get5 = "Net.WebClient" nocase ascii wide
        $get6 = "Start-BitsTransfer" nocase ascii wide
        $run1 = "IEX(" nocase ascii wide
        $run2 = "IEX (" nocase ascii wide
        $run3 = "Invoke-Expression" nocase ascii wide
        $run4 = "|IEX" nocase ascii wide
        $run5 = "| IEX" nocase ascii wide
        $run6 = "Start-Process" nocase ascii wide
        $run7 = "Reflection.Assembly]::Load(" nocase ascii wide
        $hide1 = "-w hidden" nocase ascii wide
        $hide2 = "-windowstyle hidden" nocase ascii wide
        $hide3 = "-executionpolicy bypass" nocase ascii wide
        $hide4 = "-ep bypass" nocase ascii wide
        $hide5 = "-exec bypass" nocase ascii wide
        $hide6 = "-nop " nocase ascii wide
        $hide7 = "AmsiUtils" nocase ascii wide
        $hide8 = "amsiInitFailed" nocase ascii wide
        $hide9 = "FromBase64String(" nocase ascii wide
    condition:
        filesize < 1MB and not uint16(0) == 0x5a4d and not uint32(0) == 0x464c457f and
        any of ($get*) and any of ($run*) and any of ($hide*)
}

rule Dropper_PowerShell_Blinds_Protection : dropper
{
    meta:
        reason = "a script that blinds the protection of Windows before it goes on"
        attack = "T1562.001"
    strings:
        $amsi1 = "System.Management.Automation.AmsiUtils" nocase ascii wide
        $amsi2 = "amsiInitFailed" nocase ascii wide
        $amsi3 = "'Am'+'si" nocase ascii wide
        $amsi4 = "AmsiScanBuffer" nocase ascii wide
        $set1 = "SetValue($null,$true)" nocase ascii wide
        $set2 = "SetValue($null, $true)" nocase ascii wide
        $set3 = "VirtualProtect" ascii wide
        $defender1 = "Set-MpPreference -DisableRealtimeMonitoring $true" nocase ascii wide
        $defender2 = "Add-MpPreference -ExclusionPath" nocase ascii wide
        $defender3 = "Set-MpPreference -DisableBehaviorMonitoring" nocase ascii wide
        $get1 = "DownloadString" nocase ascii wide
        $get2 = "DownloadFile" nocase ascii wide
        $get3 = "FromBase64String" nocase ascii wide
        $get4 = "Invoke-WebRequest" nocase ascii wide
    condition:
        filesize < 1MB and not uint16(0) == 0x5a4d and not uint32(0) == 0x464c457f and
        ((any of ($amsi1, $amsi2, $amsi3) and any of ($set1, $set2)) or
         ($amsi4 and $set3 and $get3) or (any of ($defender*) and any of ($get*)))
}

rule Dropper_Batch_Tools : dropper suspicious
{
    meta:
        reason = "a small batch or script that fetches a program with a tool of Windows meant for something else, and starts it"
        attack = "T1218"
    strings:
        $tool1 = "certutil -urlcache" nocase ascii wide
        $tool2 = "certutil.exe -urlcache" nocase ascii wide
        $tool3 = "bitsadmin /transfer" nocase ascii wide
        $tool4 = "mshta http" nocase ascii wide
        $tool5 = "mshta.exe http" nocase ascii wide
        $tool6 = "regsvr32 /s /n /u /i:http" nocase ascii wide
        $tool7 = "rundll32.exe javascript:" nocase ascii wide
        $tool8 = "msiexec /q /i http" nocase ascii wide
        $tool9 = "certutil -decode" nocase ascii wide
        $tool10 = "regsvr32.exe /s /u /i:http" nocase ascii wide
        $start1 = "start " nocase ascii wide
        $start2 = ".exe" nocase ascii wide
        $start3 = ".dll" nocase ascii wide
        $start4 = "http" nocase ascii wide
        $page = "<html" nocase
    condition:
        filesize < 64KB and not uint16(0) == 0x5a4d and any of ($tool*) and 2 of ($start*) and
        not $page
}

rule Dropper_JScript : dropper suspicious
{
    meta:
        reason = "a script for Windows that fetches a file, saves it and starts it"
        attack = "T1059.007"
    strings:
        $make1 = "ActiveXObject" nocase
        $make2 = "CreateObject" nocase
        $make3 = "GetObject(" nocase
        $get1 = "MSXML2.XMLHTTP" nocase
        $get2 = "WinHttp.WinHttpRequest" nocase
        $get3 = "Microsoft.XMLHTTP" nocase
        $get4 = "MSXML2.ServerXMLHTTP" nocase
        $save1 = "ADODB.Stream" nocase
        $save2 = "SaveToFile" nocase
        $run1 = "WScript.Shell" nocase
        $run2 = "Shell.Application" nocase
        $run3 = "ShellExecute" nocase
        $run4 = ".Run(" nocase
        $run5 = ".Run " nocase
    condition:
        filesize < 1MB and not uint16(0) == 0x5a4d and not uint32be(0) == 0xd0cf11e0 and
        any of ($make*) and any of ($get*) and all of ($save*) and any of ($run*)
}

rule Dropper_JScript_Runs_PowerShell : dropper suspicious
{
    meta:
        reason = "a script for Windows that starts PowerShell with a hidden window"
        attack = "T1059.007"
    strings:
        $make1 = "ActiveXObject" nocase
        $make2 = "CreateObject" nocase
        $shell1 = "WScript.Shell" nocase
        $shell2 = "Shell.Application" nocase
        $ps = "powershell" nocase
        $hide1 = "-w hidden" nocase
        $hide2 = "-windowstyle hidden" nocase
        $hide3 = "bypass" nocase
        $hide4 = "-enc" nocase
        $hide5 = "-nop" nocase
        $hide6 = "DownloadString" nocase
    condition:
        filesize < 1MB and not uint16(0) == 0x5a4d and not uint32be(0) == 0xd0cf11e0 and
        any of ($make*) and any of ($shell*) and $ps and 2 of ($hide*)
}

rule Dropper_HTA : dropper suspicious
{
    meta:
        reason = "a program page (HTA) that starts a command interpreter"
        attack = "T1218.005"
    strings:
        $hta = "<hta:application" nocase
        $script1 = "<script" nocase
        $shell1 = "WScript.Shell" nocase
        $shell2 = "Shell.Application" nocase
        $cmd1 = "powershell" nocase
        $cmd2 = "cmd.exe" nocase
        $cmd3 = "cmd /c" nocase
        $cmd4 = "mshta" nocase
        $cmd5 = "certutil" nocase
        $cmd6 = "XMLHTTP" nocase
    condition:
        filesize < 2MB and $script1 and ($hta or $cmd6) and any of ($shell*) and any of ($cmd*) and
        not uint16(0) == 0x5a4d and not uint32(0) == 0x464c457f
}

rule Dropper_Scriptlet : dropper
{
    meta:
        reason = "a scriptlet that starts a command when it is registered"
        attack = "T1218.010"
    strings:
        $scriptlet = "<scriptlet>" nocase
        $registration = "<registration" nocase
        $shell1 = "WScript.Shell" nocase
        $shell2 = "ActiveXObject" nocase
        $run1 = ".Run(" nocase
        $run2 = "powershell" nocase
        $run3 = "cmd.exe" nocase
        $run4 = "ShellExecute" nocase
    condition:
        filesize < 256KB and $scriptlet and $registration and any of ($shell*) and any of ($run*)
}

rule Dropper_HTML_Smuggling : dropper suspicious
{
    meta:
        reason = "a page that carries a program or archive in itself and saves it by script, past the mail's and web's filters"
        attack = "T1027.006"
    strings:
        $blob1 = "new Blob(" nocase
        $blob2 = "msSaveOrOpenBlob" nocase
        $blob3 = "createObjectURL" nocase
        $save1 = ".download" nocase
        $save2 = "msSaveBlob" nocase
        $save3 = "msSaveOrOpenBlob" nocase
        $click = ".click()" nocase
        $decode1 = "atob(" nocase
        $decode2 = "Uint8Array" nocase
        $zip = "UEsDB"
        $exe = "TVqQAA"
        $iso = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        $ole = "0M8R4KGxGuE"
        $html1 = "<html" nocase
        $html2 = "<script" nocase
        $svg = "<svg" nocase
    condition:
        filesize < 20MB and any of ($html*, $svg) and 2 of ($blob*, $save*) and $click and
        any of ($decode*) and any of ($zip, $exe, $iso, $ole)
}

rule Dropper_Linux_Reverse_Shell : backdoor suspicious
{
    meta:
        reason = "a script whose only work is to hand a shell to somebody else over the net"
        attack = "T1059.004"
    strings:
        $bash1 = "bash -i >& /dev/tcp/"
        $bash2 = "sh -i >& /dev/tcp/"
        $bash3 = "0<&196;exec 196<>/dev/tcp/"
        $bash4 = "exec 5<>/dev/tcp/"
        $nc1 = "nc -e /bin/sh"
        $nc2 = "nc -e /bin/bash"
        $nc3 = "mkfifo /tmp/f"
        $nc4 = "|/bin/sh -i 2>&1|nc "
        $python = "pty.spawn(\"/bin/"
        $python2 = "os.dup2(s.fileno(),0)"
        $perl = "exec(\"/bin/sh -i\")"
        $perl2 = "use Socket;$i="
        $php = "fsockopen(\""
        $php2 = "exec(\"/bin/sh -i <&3 >&3 2>&3\")"
        $ruby = "TCPSocket.open(\""
        $ruby2 = "exec sprintf(\"/bin/sh -i <&%d"
    condition:
        filesize < 8KB and not uint32(0) == 0x464c457f and
        (any of ($bash*) or $nc1 or $nc2 or ($nc3 and $nc4) or ($python and $python2) or
         ($perl and $perl2) or ($php and $php2) or ($ruby and $ruby2))
}

rule Dropper_Linux_Preload : rootkit suspicious
{
    meta:
        reason = "a script that makes every program load a library of its own"
        attack = "T1574.006"
    strings:
        $preload1 = "> /etc/ld.so.preload"
        $preload2 = ">> /etc/ld.so.preload"
        $preload3 = ">/etc/ld.so.preload"
        $get1 = "curl "
        $get2 = "wget "
        $hide1 = "chattr +i"
        $hide2 = "gcc -shared"
        $hide3 = "touch -r"
        $hide4 = "base64 -d"
    condition:
        filesize < 256KB and not uint32(0) == 0x464c457f and any of ($preload*) and
        any of ($get*, $hide*)
}

rule Dropper_Linux_Hides_Processes : rootkit suspicious
{
    meta:
        reason = "a library that stands between programs and the system and hides processes or connections"
        attack = "T1014"
    strings:
        $next = "dlsym"
        $f1 = "readdir" fullword
        $f2 = "readdir64" fullword
        $f3 = "fopen" fullword
        $f4 = "fopen64" fullword
        $f5 = "accept" fullword
        $f6 = "pam_authenticate" fullword
        $what1 = "/proc/net/tcp"
        $what2 = "/proc/self/fd/%d"
        $what3 = "ld.so.preload"
        $what4 = "/proc/%s/cmdline"
        $what5 = "/proc/%s/stat"
        $orig1 = "original_readdir"
        $orig2 = "orig_readdir"
        $orig3 = "real_readdir"
        $orig4 = "libprocesshider"
    condition:
        uint32(0) == 0x464c457f and filesize < 1MB and $next and any of ($f*) and
        (($orig4 or any of ($orig1, $orig2, $orig3)) and any of ($what*))
}

rule Dropper_Persistence_SSH_Key : backdoor suspicious
{
    meta:
        reason = "a script that adds a key of its own for remote log-in as root and covers its tracks"
        attack = "T1098.004"
    strings:
        $key1 = ">> /root/.ssh/authorized_keys"
        $key2 = "> /root/.ssh/authorized_keys"
        $key3 = ">>/root/.ssh/authorized_keys"
        $rsa = "ssh-rsa AAAA"
        $ed = "ssh-ed25519 AAAA"
        $track1 = "history -c"
        $track2 = "/var/log/wtmp"
        $track3 = "/var/log/lastlog"
        $track4 = "HISTFILE=/dev/null"
        $track5 = "chattr +i"
    condition:
        filesize < 256KB and any of ($key*) and any of ($rsa, $ed) and any of ($track*)
}
