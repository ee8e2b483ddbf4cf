// Web shells: pages that let whoever knows them run commands on the server. A page that hands what
// it was sent to the interpreter is one, whoever wrote it.

rule Webshell_PHP_Eval_Request : webshell
{
    meta:
        reason = "a PHP page that runs as code what a visitor sends"
        attack = "T1505.003"
    strings:
        $eval1 = "eval($_POST[" nocase
        $eval2 = "eval($_GET[" nocase
        $eval3 = "eval($_REQUEST[" nocase
        $eval4 = "eval($_COOKIE[" nocase
        $eval5 = "@eval($_" nocase
        $eval6 = "eval(base64_decode($_" nocase
        $eval7 = "eval(gzinflate(base64_decode($_" nocase
        $eval8 = "assert($_POST[" nocase
        $eval9 = "assert($_GET[" nocase
        $eval10 = "assert($_REQUEST[" nocase
        $eval11 = "eval(stripslashes($_" nocase
        $eval12 = "eval(\"?>\".base64_decode($_" nocase
        $php1 = "<?php" nocase
        $php2 = "<?=" nocase
        $php3 = "<script language=\"php\"" nocase
        $php4 = "<? "
    condition:
        filesize < 200KB and any of ($eval*) and any of ($php*)
}

rule Webshell_PHP_Command_Request : webshell
{
    meta:
        reason = "a PHP page that runs as a command what a visitor sends"
        attack = "T1505.003"
    strings:
        $run1 = /[^a-z0-9_>:$](system|shell_exec|passthru|popen|proc_open|exec|pcntl_exec)\s{0,4}\(\s{0,4}@?(\$_GET|\$_POST|\$_REQUEST|\$_COOKIE)\s{0,4}\[/ nocase
        $run2 = /`\s{0,4}(\$_GET|\$_POST|\$_REQUEST|\$_COOKIE)\[/ nocase
        $run3 = /[^a-z0-9_>:$](system|shell_exec|passthru|exec)\(base64_decode\((\$_GET|\$_POST|\$_REQUEST|\$_COOKIE)/ nocase
        $php1 = "<?php" nocase
        $php2 = "<?=" nocase
        $php3 = "<? "
    condition:
        filesize < 200KB and any of ($run*) and any of ($php*)
}

rule Webshell_PHP_Function_Request : webshell
{
    meta:
        reason = "a PHP page that calls a function whose name a visitor sends"
        attack = "T1505.003"
    strings:
        $call1 = "$_GET[0]($_" nocase
        $call2 = "$_POST[0]($_" nocase
        $call3 = "$_REQUEST[0]($_" nocase
        $call4 = "call_user_func($_" nocase
        $call5 = "array_map($_" nocase
        $call6 = "create_function('',$_" nocase
        $call7 = "create_function('', $_" nocase
        $call8 = "call_user_func_array($_" nocase
        $call9 = "array_filter($_" nocase
        $request1 = "$_POST["
        $request2 = "$_GET["
        $request3 = "$_REQUEST["
        $request4 = "$_COOKIE["
        $php = "<?" nocase
    condition:
        filesize < 64KB and $php and any of ($request*) and
        (any of ($call1, $call2, $call3, $call6, $call7) or
         (filesize < 2KB and any of ($call4, $call5, $call8, $call9)))
}

rule Webshell_PHP_Unpacks_Itself : webshell suspicious
{
    meta:
        reason = "a PHP page that unpacks its code from text and runs it"
        attack = "T1027"
    strings:
        $unpack1 = "eval(gzinflate(base64_decode(" nocase
        $unpack2 = "eval(gzuncompress(base64_decode(" nocase
        $unpack3 = "eval(str_rot13(gzinflate(" nocase
        $unpack4 = "eval(base64_decode(" nocase
        $unpack5 = "eval(gzinflate(str_rot13(" nocase
        $unpack6 = "eval(\"?>\".gz" nocase
        $unpack7 = "eval('?>'.gz" nocase
        $unpack8 = "assert(base64_decode(" nocase
        $unpack9 = "preg_replace(\"/.*/e\"," nocase
        $unpack10 = "preg_replace('/.*/e'," nocase
        $php = "<?php" nocase
    condition:
        $php in (0..1024) and filesize < 2MB and any of ($unpack*)
}

rule Webshell_PHP_Many_Ways : webshell suspicious
{
    meta:
        reason = "a PHP page that offers files, commands and databases to whoever knows its password"
        attack = "T1505.003"
    strings:
        $name1 = "c99shell" nocase
        $name2 = "r57shell" nocase
        $name3 = "b374k" nocase
        $name4 = "WSO " fullword
        $name5 = "FilesMan" fullword
        $name6 = "webadmin.php" nocase
        $name7 = "p0wny" nocase
        $name8 = "weevely" nocase
        $name9 = "Mini Shell" nocase
        $name10 = "AnonymousFox" nocase
        $name11 = "IndoXploit" nocase
        $name12 = "alfa shell" nocase
        $do1 = "shell_exec"
        $do2 = "passthru"
        $do3 = "proc_open"
        $do4 = "popen("
        $do5 = "move_uploaded_file"
        $do6 = "posix_getpwuid"
        $do7 = "safe_mode"
        $do8 = "chmod("
        $do9 = "disable_functions"
        $do10 = "/etc/passwd"
        $php = "<?php" nocase
    condition:
        $php in (0..4096) and filesize < 2MB and any of ($name*) and 4 of ($do*)
}

rule Webshell_PHP_Uploader : webshell suspicious
{
    meta:
        reason = "a tiny PHP page that does nothing but take files from anybody"
        attack = "T1105"
    strings:
        $move1 = "move_uploaded_file($_FILES" nocase
        $move2 = "copy($_FILES" nocase
        $form = "multipart/form-data" nocase
        $php = "<?php" nocase
        $name1 = "uname -a"
        $name2 = "php_uname"
        $name3 = "getcwd"
        $check1 = "session" nocase
        $check2 = "csrf" nocase
        $check3 = "nonce" nocase
    condition:
        filesize < 3KB and $php and any of ($move*) and ($form or any of ($name*)) and
        not any of ($check*)
}

rule Webshell_PHP_Hidden_In_Picture : webshell
{
    meta:
        reason = "a picture that carries PHP code which runs what a visitor sends"
        attack = "T1027.009"
    strings:
        $php1 = "<?php" nocase
        $php2 = "<?="
        $run1 = "eval(" nocase
        $run2 = "system(" nocase
        $run3 = "assert(" nocase
        $run4 = "passthru(" nocase
        $run5 = "shell_exec(" nocase
        $run6 = "base64_decode(" nocase
        $from1 = "$_GET"
        $from2 = "$_POST"
        $from3 = "$_REQUEST"
        $from4 = "$_COOKIE"
        $from5 = "$_SERVER"
    condition:
        (uint16be(0) == 0xffd8 or uint32be(0) == 0x89504e47 or uint32be(0) == 0x47494638 or
         uint16be(0) == 0x424d) and any of ($php*) and any of ($run*) and any of ($from*)
}

rule Webshell_JSP_Command : webshell
{
    meta:
        reason = "a JSP page that runs as a command what a visitor sends"
        attack = "T1505.003"
    strings:
        $page1 = "<%@ page" nocase
        $page2 = "<%@page" nocase
        $page3 = "<jsp:" nocase
        $page4 = "<%"
        $run1 = "Runtime.getRuntime().exec(request.getParameter"
        $run2 = "getRuntime().exec("
        $run3 = "new ProcessBuilder("
        $run4 = "ProcessImpl"
        $from = "request.getParameter("
    condition:
        filesize < 64KB and any of ($page*) and
        ($run1 or ($from and any of ($run2, $run3, $run4)))
}

rule Webshell_JSP_Loads_Class : webshell
{
    meta:
        reason = "a JSP page that loads code which a visitor sends, as Behinder and Godzilla do"
        attack = "T1505.003"
    strings:
        $define1 = "defineClass("
        $define2 = "super.defineClass"
        $crypt1 = "javax.crypto"
        $crypt2 = "AES/ECB"
        $crypt3 = "Cipher.getInstance(\"AES"
        $from1 = "request.getReader()"
        $from2 = "request.getParameter("
        $from3 = "request.getInputStream()"
        $page1 = "<%"
        $page2 = "<jsp:"
        $session = "session.putValue(\"u\""
    condition:
        filesize < 64KB and any of ($page*) and any of ($define*) and any of ($from*) and
        (any of ($crypt*) or $session)
}

rule Webshell_ASPX_Eval : webshell
{
    meta:
        reason = "an ASP.NET page that runs as code what a visitor sends, as China Chopper does"
        attack = "T1505.003"
    strings:
        $page1 = "<%@ Page" nocase
        $page2 = "<%@page" nocase
        $page3 = "runat=\"server\"" nocase
        $page4 = "<%"
        $eval1 = "eval(Request" nocase
        $eval2 = "eval(System.Text.Encoding" nocase
        $eval3 = "\"unsafe\"" nocase
        $eval4 = "execute(request(" nocase
        $eval5 = "executeglobal(request" nocase
        $eval6 = "execute request(" nocase
        $eval7 = "eval request(" nocase
    condition:
        filesize < 64KB and any of ($page*) and
        (any of ($eval4, $eval5, $eval6, $eval7) or ($eval3 and any of ($eval1, $eval2)) or
         (filesize < 1KB and any of ($eval1, $eval2)))
}

rule Webshell_ASPX_Command : webshell
{
    meta:
        reason = "an ASP.NET page that starts a command interpreter with what a visitor sends"
        attack = "T1505.003"
    strings:
        $page1 = "<%@ Page" nocase
        $page2 = "<%@page" nocase
        $page3 = "<%@ WebHandler" nocase
        $page4 = "<%@ WebService" nocase
        $start1 = "ProcessStartInfo" nocase
        $start2 = "Process.Start(" nocase
        $start3 = "WScript.Shell" nocase
        $cmd1 = "cmd.exe" nocase
        $cmd2 = "powershell" nocase
        $from1 = "Request.Form" nocase
        $from2 = "Request.QueryString" nocase
        $from3 = "Request[" nocase
        $from4 = "Request.Params" nocase
        $from5 = "Request.Item" nocase
        $from6 = ".Text"
    condition:
        filesize < 256KB and any of ($page*) and any of ($start*) and any of ($cmd*) and
        any of ($from*)
}

rule Webshell_ASP_Command : webshell
{
    meta:
        reason = "a classic ASP page that runs as a command what a visitor sends"
        attack = "T1505.003"
    strings:
        $page = "<%"
        $shell1 = "WScript.Shell" nocase
        $shell2 = "Shell.Application" nocase
        $shell3 = "clsid:72C24DD5-D70A-438B-8A42-98424B88AFB8" nocase
        $run1 = ".exec(" nocase
        $run2 = ".run(" nocase
        $run3 = "cmd /c" nocase
        $run4 = "cmd.exe /c" nocase
        $from = "request" nocase
    condition:
        filesize < 64KB and $page and any of ($shell*) and any of ($run*) and $from and
        not uint16(0) == 0x5a4d
}

rule Webshell_Perl_CGI : webshell suspicious
{
    meta:
        reason = "a Perl page that runs as a command what a visitor sends"
        attack = "T1505.003"
    strings:
        $perl1 = "#!/usr/bin/perl"
        $perl2 = "#!/usr/bin/env perl"
        $cgi1 = "Content-type: text/html" nocase
        $cgi2 = "QUERY_STRING"
        $run1 = "system($cmd" nocase
        $run2 = "`$cmd`" nocase
        $run3 = "exec($cmd" nocase
        $run4 = "open(CMD, \"" nocase
        $run5 = "system(param(" nocase
        $run6 = "`$q->param" nocase
    condition:
        filesize < 128KB and any of ($perl*) and any of ($cgi*) and any of ($run*)
}

rule Webshell_Python_CGI : webshell suspicious
{
    meta:
        reason = "a Python page that runs as a command what a visitor sends"
        attack = "T1505.003"
    strings:
        $cgi1 = "cgi.FieldStorage()"
        $cgi2 = "flask.request" nocase
        $cgi3 = "request.args.get("
        $run1 = "os.system(form"
        $run2 = "os.popen(form"
        $run3 = "os.system(request."
        $run4 = "os.popen(request."
        $run5 = "subprocess.check_output(request."
        $run6 = "subprocess.Popen(form"
        $run7 = "eval(request.args"
        $run8 = "exec(request.args"
    condition:
        filesize < 64KB and any of ($cgi*) and any of ($run*)
}

rule Webshell_Htaccess : webshell suspicious
{
    meta:
        reason = "a server setting that makes pictures or texts run as PHP"
        attack = "T1505.003"
    strings:
        $handler1 = "AddType application/x-httpd-php" nocase
        $handler2 = "AddHandler application/x-httpd-php" nocase
        $handler3 = "SetHandler application/x-httpd-php" nocase
        $handler4 = "AddHandler php5-script" nocase
        $as1 = ".jpg" nocase
        $as2 = ".png" nocase
        $as3 = ".gif" nocase
        $as4 = ".jpeg" nocase
        $as5 = ".txt" nocase
        $as6 = ".ico" nocase
        $page = "<html" nocase
    condition:
        filesize < 4KB and any of ($handler*) and any of ($as*) and not $page
}
